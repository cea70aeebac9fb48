import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** FRIEND-7: from the next message on; who is blocked is not told. Refuses with NOT_FOUND, QUOTA. */
export const block = defineCall({
  method: 'block',
  summary: 'Block somebody',
  input: z.strictObject({ address: personRef }),
  output: z.object({}),
})
