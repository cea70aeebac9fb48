import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (kick, or they rank too high). */
export const memberKick = defineCall({
  method: 'member.kick',
  summary: 'Put a member out of a server; a new invite lets them in again',
  input: z.strictObject({ server: serverRef, member: memberRef }),
  output: z.object({}),
})
