import { z } from 'zod'
import { serverRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { successionOutcome } from '../succession.ts'
import { defineCall } from './call.ts'

/** For guardians. BAD_REQUEST: there are several proposals. */
export const successionApprove = defineCall({
  method: 'succession.approve',
  summary: 'Approve as a guardian what is proposed, for good',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  token: 'none',
  input: z.strictObject({ server: serverRef, root: eventIdField.optional() }),
  output: successionOutcome,
})
