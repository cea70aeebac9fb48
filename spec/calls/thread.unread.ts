import { z } from 'zod'
import { serverIdField } from '../account.ts'
import { countsField, levels } from '../inbox.ts'
import { limits } from '../limits.ts'
import { channelIdField, eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** INBOX-14. Threads of channels that the caller may not read any more are left out. */
export const threadUnread = defineCall({
  method: 'thread.unread',
  summary: 'Show read markers and how much is unread in the threads that you follow',
  errors: [],
  token: 'read',
  input: z.strictObject({
    channels: z
      .array(channelIdField)
      .max(limits.channelsPerServerMax)
      .optional()
      .describe('Undefined: every channel that the caller can read.'),
    unreadOnly: z.boolean().default(false).describe('Leaves out what is read.'),
  }),
  output: z.object({
    threads: z.array(
      z.object({
        channel: channelIdField,
        thread: eventIdField,
        server: serverIdField.optional(),
        position: z.int().nonnegative().describe('The marker: what arrived up to it is read.'),
        ...countsField.shape,
        level: z.enum(levels),
        mutedUntil: z.int().nonnegative().optional().describe('Unix ms; absent: not muted now.'),
      }),
    ),
    position: z.int().nonnegative().describe('Of the log: all that arrived up to here is counted.'),
  }),
})
