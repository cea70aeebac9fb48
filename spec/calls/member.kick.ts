import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED also: they rank too high. */
export const memberKick = defineCall({
  method: 'member.kick',
  summary: 'Put a member out of a server; a new invite lets them in again',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { kick: 'in the server' },
  token: 'none',
  input: z.strictObject({ server: serverRef, member: memberRef }),
  output: z.object({}),
})
