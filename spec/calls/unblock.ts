import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** What was said meanwhile stays unseen. Refuses with NOT_FOUND. */
export const unblock = defineCall({
  method: 'unblock',
  summary: 'Unblock somebody',
  input: z.strictObject({ address: personRef }),
  output: z.object({}),
})
