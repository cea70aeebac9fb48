import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (ban). */
export const memberUnban = defineCall({
  method: 'member.unban',
  summary: 'Lift a ban',
  input: z.strictObject({ server: serverRef, member: memberRef }),
  output: z.object({}),
})
