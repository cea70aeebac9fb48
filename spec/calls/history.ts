import { z } from 'zod'
import { limits } from '../limits.ts'
import { channelIdField, eventIdField, eventJson } from '../message.ts'
import { defineCall } from './call.ts'

/** A page of one channel. Refuses with NOT_ALLOWED, NOT_FOUND, BAD_REQUEST (more than one anchor). */
export const history = defineCall({
  method: 'history',
  summary: 'Read a page of a channel: the newest events, or those before, after or around one',
  input: z
    .strictObject({
      channel: channelIdField,
      before: eventIdField.optional(),
      after: eventIdField.optional(),
      /** Half of the page before the event, the event, the rest after it. */
      around: eventIdField.optional(),
      limit: z.number().int().min(1).max(limits.pageSizeMax).default(limits.pageSizeDefault),
    })
    .refine(
      ({ before, after, around }) => [before, after, around].filter((anchor) => anchor !== undefined).length <= 1,
      { error: 'give at most one of before, after and around' },
    ),
  /** MSGS-17 */
  output: z.object({
    /** Messages as they are now, ascending event id: the display order. What is about them is in them. */
    events: z.array(eventJson),
    /**
     * Give it as `before` (or `after`, if that was given) to go on; absent: the end was reached. A page may hold
     * fewer than `limit` and yet not be the last.
     */
    next: eventIdField.optional(),
  }),
})
