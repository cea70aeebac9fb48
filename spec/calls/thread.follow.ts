import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-11. */
export const threadFollow = defineCall({
  method: 'thread.follow',
  summary: 'Hear of every answer in a thread, in your inbox',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'QUOTA'],
  permissions: { read: 'in the channel' },
  token: 'none',
  input: z.strictObject({ channel: channelRef, thread: eventIdField }),
  output: z.object({}),
})
