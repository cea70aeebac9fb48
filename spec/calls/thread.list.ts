import { z } from 'zod'
import { channelRef } from '../community.ts'
import { limits } from '../limits.ts'
import { eventIdField, eventJson } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-11. */
export const threadList = defineCall({
  method: 'thread.list',
  summary: 'List the threads of a channel by their first messages, the newest first',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in the channel' },
  token: 'read',
  input: z.strictObject({
    channel: channelRef,
    before: eventIdField.optional().describe('Threads that began before this one.'),
    limit: z.number().int().min(1).max(limits.pageSizeMax).default(limits.pageSizeDefault),
  }),
  output: z.object({
    threads: z.array(z.object({ root: eventJson, following: z.boolean() })).describe('Descending id.'),
    next: eventIdField.optional(),
  }),
})
