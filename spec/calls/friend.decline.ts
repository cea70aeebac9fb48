import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** Who asked is not told. */
export const friendDecline = defineCall({
  method: 'friend.decline',
  summary: 'Decline a friend request',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ address: personRef }),
  output: z.object({}),
})
