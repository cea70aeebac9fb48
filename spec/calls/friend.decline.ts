import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** Who asked is not told. Refuses with NOT_FOUND. */
export const friendDecline = defineCall({
  method: 'friend.decline',
  summary: 'Decline a friend request',
  input: z.strictObject({ address: personRef }),
  output: z.object({}),
})
