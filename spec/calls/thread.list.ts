import { z } from 'zod'
import { channelRef } from '../community.ts'
import { limits } from '../limits.ts'
import { eventIdField, eventJson } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-11. Refuses with NOT_FOUND, NOT_ALLOWED. */
export const threadList = defineCall({
  method: 'thread.list',
  summary: 'List the threads of a channel by their first messages, the newest first',
  input: z.strictObject({
    channel: channelRef,
    /** Threads that began before this one. */
    before: eventIdField.optional(),
    limit: z.number().int().min(1).max(limits.pageSizeMax).default(limits.pageSizeDefault),
  }),
  output: z.object({
    /** Descending id. */
    threads: z.array(z.object({ root: eventJson, following: z.boolean() })),
    next: eventIdField.optional(),
  }),
})
