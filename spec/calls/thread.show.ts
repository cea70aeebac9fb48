import { z } from 'zod'
import { channelRef } from '../community.ts'
import { limits } from '../limits.ts'
import { eventIdField, eventJson } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-11. */
export const threadShow = defineCall({
  method: 'thread.show',
  summary: 'Read a thread: its first message and a page of the answers, the newest first',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in the channel' },
  token: 'read',
  input: z.strictObject({
    channel: channelRef,
    thread: eventIdField,
    before: eventIdField.optional(),
    limit: z.number().int().min(1).max(limits.pageSizeMax).default(limits.pageSizeDefault),
  }),
  output: z.object({
    root: eventJson.optional().describe('Absent: it has not arrived.'),
    events: z.array(eventJson).describe('Ascending id.'),
    next: eventIdField.optional().describe('Give it as `before` to go on; absent: the first answer was reached.'),
    following: z.boolean(),
  }),
})
