import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** MSGS-12. Refuses with NOT_FOUND, NOT_ALLOWED (send), BAD_REQUEST (no emoji), QUOTA, RATE_LIMITED. */
export const messageReact = defineCall({
  method: 'message.react',
  summary: 'React to a message with an emoji, once with each',
  input: z.strictObject({
    channel: channelRef,
    target: eventIdField,
    emoji: z.string().min(1).max(limits.emojiBytesMax),
  }),
  /** The event that says it; absent: it was so already. */
  output: z.object({ id: eventIdField.optional() }),
})
