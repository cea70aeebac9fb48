import { z } from 'zod'
import { channelField, nameField, serverRef, topicField } from '../community.ts'
import { defineCall } from './call.ts'

export const channelCreate = defineCall({
  method: 'channel.create',
  summary: 'Make a channel',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'EXISTS', 'QUOTA'],
  permissions: { manageChannel: 'in the server' },
  token: 'none',
  input: z.strictObject({
    server: serverRef,
    handle: z.string().max(64).describe('Fixed for ever, and unique in the server.'),
    name: nameField.optional().describe('Default: the handle.'),
    topic: topicField.optional(),
    category: nameField.optional(),
    private: z.boolean().default(false),
  }),
  output: z.object({ channel: channelField }),
})
