import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (kick, or they rank too high). */
export const memberTimeout = defineCall({
  method: 'member.timeout',
  summary: 'Let a member read but not talk for a while',
  input: z.strictObject({
    server: serverRef,
    member: memberRef,
    /** 0 ends a time-out. */
    forSeconds: z
      .number()
      .int()
      .min(0)
      .max(limits.timeoutMaxMs / 1000),
  }),
  output: z.object({}),
})
