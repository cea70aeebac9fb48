import { z } from 'zod'
import { friendField } from '../friends.ts'
import { defineCall } from './call.ts'

/** Friends and requests, by address. */
export const friendList = defineCall({
  method: 'friend.list',
  summary: 'List your friends and friend requests',
  errors: [],
  token: 'none',
  input: z.strictObject({}),
  output: z.object({ friends: z.array(friendField) }),
})
