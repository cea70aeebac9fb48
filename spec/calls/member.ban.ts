import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED also: they rank too high. */
export const memberBan = defineCall({
  method: 'member.ban',
  summary: 'Keep somebody out of a server, member or not',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { ban: 'in the server' },
  token: 'none',
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
