import { z } from 'zod'
import { personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** Ends a friendship, or takes a request back. */
export const friendRemove = defineCall({
  method: 'friend.remove',
  summary: 'Be friends no more, or take a request back',
  errors: ['NOT_FOUND', 'PEER_REFUSED', 'NODE_DOWN', 'NO_ANSWER'],
  token: 'none',
  input: z.strictObject({ address: personRef }),
  output: z.object({}),
})
