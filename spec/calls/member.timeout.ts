import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED also: they rank too high. */
export const memberTimeout = defineCall({
  method: 'member.timeout',
  summary: 'Let a member read but not talk for a while',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { kick: 'in the server' },
  token: 'none',
  input: z.strictObject({
    server: serverRef,
    member: memberRef,
    forSeconds: z
      .number()
      .int()
      .min(0)
      .max(limits.timeoutMaxMs / 1000)
      .describe('0 ends a time-out.'),
  }),
  output: z.object({}),
})
