import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { limits } from '../limits.ts'
import { successionOutcome, thresholdField } from '../succession.ts'
import { defineCall } from './call.ts'

/** For owners and guardians. Owners who are not named lose it. */
export const successionPropose = defineCall({
  method: 'succession.propose',
  summary: 'Hand a server on: at once as an owner, as a guardian when enough of them approve',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'QUOTA'],
  token: 'none',
  input: z.strictObject({
    server: serverRef,
    owners: z.array(memberRef).min(1).max(limits.foundersMax),
    guardians: z.array(memberRef).max(limits.guardiansMax).optional(),
    threshold: thresholdField.optional(),
  }),
  output: successionOutcome,
})
