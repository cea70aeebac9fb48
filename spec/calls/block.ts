import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** FRIEND-7: from the next message on; who is blocked is not told. */
export const block = defineCall({
  method: 'block',
  summary: 'Block somebody',
  errors: ['NOT_FOUND', 'QUOTA', 'PEER_REFUSED', 'NODE_DOWN', 'NO_ANSWER'],
  token: 'none',
  input: z.strictObject({ address: personRef }),
  output: z.object({}),
})
