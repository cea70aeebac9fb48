import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** One pending request a sender; where the other has asked as well, you are friends. Refuses with NOT_FOUND (also for whom one may not ask), QUOTA. */
export const friendRequest = defineCall({
  method: 'friend.request',
  summary: 'Ask somebody to be friends',
  input: z.strictObject({ address: personRef }),
  output: z.object({ standing: z.enum(['friend', 'outgoing']) }),
})
