import { z } from 'zod'
import { limits } from '../limits.ts'
import { channelIdField, eventIdField, eventJson } from '../message.ts'
import { defineCall } from './call.ts'

/** A page of one channel. BAD_REQUEST: more than one anchor. */
export const history = defineCall({
  method: 'history',
  summary: 'Read a page of a channel: the newest events, or those before, after or around one',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in the channel' },
  token: 'read',
  input: z
    .strictObject({
      channel: channelIdField,
      before: eventIdField.optional(),
      after: eventIdField.optional(),
      around: eventIdField.optional().describe('Half of the page before the event, the event, the rest after it.'),
      limit: z.number().int().min(1).max(limits.pageSizeMax).default(limits.pageSizeDefault),
    })
    .refine(
      ({ before, after, around }) => [before, after, around].filter((anchor) => anchor !== undefined).length <= 1,
      { error: 'give at most one of before, after and around' },
    ),
  output: z
    .object({
      events: z
        .array(eventJson)
        .describe('Messages as they are now, ascending event id: the display order. What is about them is in them.'),
      next: eventIdField
        .optional()
        .describe(
          'Give it as `before` (or `after`, if that was given) to go on; absent: the end was reached. A page may hold fewer than `limit` and yet not be the last.',
        ),
      begins: z
        .number()
        .int()
        .optional()
        .describe(
          'Unix ms: what was said before has been dropped (FEED-7); absent: the channel is kept from its first message on.',
        ),
    })
    .describe('MSGS-17'),
})
