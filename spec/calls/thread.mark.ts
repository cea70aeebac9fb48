import { z } from 'zod'
import { countsField } from '../inbox.ts'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** INBOX-2, INBOX-14. NOT_FOUND: the channel, the event, or a thread that one does not follow. */
export const threadMark = defineCall({
  method: 'thread.mark',
  summary: 'Mark a thread that you follow as read up to an event; without one, up to now',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in the channel' },
  token: 'read',
  input: z
    .strictObject({
      channel: channelRef,
      thread: eventIdField,
      position: z.int().nonnegative().optional().describe('Arrival position; what arrived up to it is read.'),
      event: eventIdField.optional(),
      unread: z
        .boolean()
        .default(false)
        .describe('Moves the marker back: the event, or what came after the position, is unread again.'),
    })
    .refine(({ position, event }) => position === undefined || event === undefined, {
      error: 'give a position or an event',
    })
    .refine(({ position, event, unread }) => !unread || position !== undefined || event !== undefined, {
      error: 'unread needs a position or an event',
    }),
  output: z
    .object({ position: z.int().nonnegative(), ...countsField.shape })
    .describe('Where the marker is now: further on, if another device was.'),
})
