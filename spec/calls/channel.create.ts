import { z } from 'zod'
import { channelField, nameField, serverRef, topicField } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageChannel), EXISTS, QUOTA, BAD_REQUEST. */
export const channelCreate = defineCall({
  method: 'channel.create',
  summary: 'Make a channel',
  input: z.strictObject({
    server: serverRef,
    /** Fixed for ever, and unique in the server. */
    handle: z.string().max(64),
    /** Default: the handle. */
    name: nameField.optional(),
    topic: topicField.optional(),
    category: nameField.optional(),
    private: z.boolean().default(false),
  }),
  output: z.object({ channel: channelField }),
})
