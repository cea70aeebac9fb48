import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND: there is no such request, or it was taken back. */
export const friendAccept = defineCall({
  method: 'friend.accept',
  summary: 'Accept a friend request',
  input: z.strictObject({ address: personRef }),
  output: z.object({}),
})
