import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** MSGS-12. BAD_REQUEST: no emoji. */
export const messageReact = defineCall({
  method: 'message.react',
  summary: 'React to a message with an emoji, once with each',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'NOT_FRIEND', 'TIMED_OUT_MEMBER', 'ARCHIVED', 'QUOTA'],
  permissions: { send: 'in the channel' },
  token: 'send',
  input: z.strictObject({
    channel: channelRef,
    target: eventIdField,
    emoji: z.string().min(1).max(limits.emojiBytesMax),
  }),
  output: z.object({ id: eventIdField.optional() }).describe('The event that says it; absent: it was so already.'),
})
