import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** NOT_FOUND: there is no such request, or it was taken back. */
export const friendAccept = defineCall({
  method: 'friend.accept',
  summary: 'Accept a friend request',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'QUOTA', 'PEER_REFUSED', 'NODE_DOWN', 'NO_ANSWER'],
  token: 'none',
  input: z.strictObject({ address: personRef }),
  output: z.object({}),
})
