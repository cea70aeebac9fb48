import { z } from 'zod'
import { channelRef, topicField } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageChannel), BAD_REQUEST. */
export const channelTopic = defineCall({
  method: 'channel.topic',
  summary: 'Change what a channel is about',
  input: z.strictObject({ channel: channelRef, topic: topicField }),
  output: z.object({}),
})
