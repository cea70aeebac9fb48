import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** What was said meanwhile stays unseen. */
export const unblock = defineCall({
  method: 'unblock',
  summary: 'Unblock somebody',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ address: personRef }),
  output: z.object({}),
})
