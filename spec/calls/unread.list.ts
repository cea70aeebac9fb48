import { z } from 'zod'
import { serverIdField } from '../account.ts'
import { countsField, levels } from '../inbox.ts'
import { limits } from '../limits.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** INBOX-3 to INBOX-6. Of `channels`, those that the caller may not read are left out. Refuses with NOT_ALLOWED. */
export const unreadList = defineCall({
  method: 'unread.list',
  summary: 'Show read markers and how much is unread, over all channels',
  input: z.strictObject({
    /** Undefined: every channel that the caller can read. */
    channels: z.array(channelIdField).max(limits.channelsPerServerMax).optional(),
    /** Leaves out what is read. */
    unreadOnly: z.boolean().default(false),
  }),
  output: z.object({
    channels: z.array(
      z.object({
        channel: channelIdField,
        server: serverIdField.optional(),
        /** The marker: what arrived up to it is read. */
        position: z.int().nonnegative(),
        ...countsField.shape,
        level: z.enum(levels),
        /** Unix ms; absent: not muted now. */
        mutedUntil: z.int().nonnegative().optional(),
      }),
    ),
    /** Of the log: all that arrived up to here is counted. */
    position: z.int().nonnegative(),
  }),
})
