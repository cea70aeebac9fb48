import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** One pending request a sender; where the other has asked as well, you are friends. NOT_FOUND: also for whom one may not ask. */
export const friendRequest = defineCall({
  method: 'friend.request',
  summary: 'Ask somebody to be friends',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'QUOTA', 'PEER_REFUSED', 'NODE_DOWN', 'NO_ANSWER'],
  token: 'none',
  input: z.strictObject({ address: personRef }),
  output: z.object({ standing: z.enum(['friend', 'outgoing']) }),
})
