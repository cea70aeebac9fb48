import { z } from 'zod'
import { channelRef, topicField } from '../community.ts'
import { defineCall } from './call.ts'

export const channelTopic = defineCall({
  method: 'channel.topic',
  summary: 'Change what a channel is about',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageChannel: 'in the server' },
  token: 'none',
  input: z.strictObject({ channel: channelRef, topic: topicField }),
  output: z.object({}),
})
