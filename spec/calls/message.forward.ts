import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-15. Refuses with NOT_FOUND, NOT_ALLOWED (read there, send here), RATE_LIMITED. */
export const messageForward = defineCall({
  method: 'message.forward',
  summary: 'Say a message again in another channel, with where it is from',
  input: z.strictObject({ channel: channelRef, target: eventIdField, to: channelRef }),
  output: z.object({ id: eventIdField }),
})
