import { z } from 'zod'
import { countsField } from '../inbox.ts'
import { channelIdField, eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** INBOX-1, INBOX-2. Refuses with NOT_FOUND (channel, event), NOT_ALLOWED, BAD_REQUEST (position and event). */
export const readMark = defineCall({
  method: 'read.mark',
  summary: 'Mark a channel as read up to an event; without one, up to now',
  input: z
    .strictObject({
      channel: channelIdField,
      /** Arrival position; what arrived up to it is read. */
      position: z.int().nonnegative().optional(),
      event: eventIdField.optional(),
      /** Moves the marker back: the event, or what came after the position, is unread again. */
      unread: z.boolean().default(false),
    })
    .refine(({ position, event }) => position === undefined || event === undefined, {
      error: 'give a position or an event',
    })
    .refine(({ position, event, unread }) => !unread || position !== undefined || event !== undefined, {
      error: 'unread needs a position or an event',
    }),
  /** Where the marker is now: further on, if another device was. */
  output: z.object({ position: z.int().nonnegative(), ...countsField.shape }),
})
