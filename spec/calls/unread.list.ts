import { z } from 'zod'
import { serverIdField } from '../account.ts'
import { countsField, levels } from '../inbox.ts'
import { limits } from '../limits.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** INBOX-3 to INBOX-6. Of `channels`, those that the caller may not read are left out. */
export const unreadList = defineCall({
  method: 'unread.list',
  summary: 'Show read markers and how much is unread, over all channels',
  errors: ['NOT_FOUND'],
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
    channels: z.array(
      z.object({
        channel: channelIdField,
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
