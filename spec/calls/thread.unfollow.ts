import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-11. */
export const threadUnfollow = defineCall({
  method: 'thread.unfollow',
  summary: 'Hear of a thread no more',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'QUOTA'],
  permissions: { read: 'in the channel' },
  token: 'none',
  input: z.strictObject({ channel: channelRef, thread: eventIdField }),
  output: z.object({}),
})
