import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (ban, or they rank too high), BAD_REQUEST. */
export const memberBan = defineCall({
  method: 'member.ban',
  summary: 'Keep somebody out of a server, member or not',
  input: z.strictObject({
    server: serverRef,
    member: memberRef,
    reason: z
      .string()
      .max(2 * limits.reasonCharsMax)
      .default(''),
  }),
  output: z.object({}),
})
