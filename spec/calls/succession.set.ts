import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { limits } from '../limits.ts'
import { successionOutcome, thresholdField } from '../succession.ts'
import { defineCall } from './call.ts'

/** For owners alone. BAD_REQUEST: so many of so many cannot agree; NOT_FOUND: one of them is no member. */
export const successionSet = defineCall({
  method: 'succession.set',
  summary: 'Name the guardians of a server, who together may hand it on',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'QUOTA'],
  token: 'none',
  input: z.strictObject({
    server: serverRef,
    guardians: z.array(memberRef).max(limits.guardiansMax),
    threshold: thresholdField.optional(),
  }),
  output: successionOutcome,
})
