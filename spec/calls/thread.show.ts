import { z } from 'zod'
import { channelRef } from '../community.ts'
import { limits } from '../limits.ts'
import { eventIdField, eventJson } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-11. Refuses with NOT_FOUND, NOT_ALLOWED. */
export const threadShow = defineCall({
  method: 'thread.show',
  summary: 'Read a thread: its first message and a page of the answers, the newest first',
  input: z.strictObject({
    channel: channelRef,
    thread: eventIdField,
    before: eventIdField.optional(),
    limit: z.number().int().min(1).max(limits.pageSizeMax).default(limits.pageSizeDefault),
  }),
  output: z.object({
    /** Absent: it has not arrived. */
    root: eventJson.optional(),
    /** Ascending id. */
    events: z.array(eventJson),
    /** Give it as `before` to go on; absent: the first answer was reached. */
    next: eventIdField.optional(),
    following: z.boolean(),
  }),
})
