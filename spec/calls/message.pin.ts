import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-14. Refuses with NOT_FOUND, NOT_ALLOWED (manageMessages), QUOTA, RATE_LIMITED. */
export const messagePin = defineCall({
  method: 'message.pin',
  summary: 'Pin a message in its channel',
  input: z.strictObject({ channel: channelRef, target: eventIdField }),
  /** The event that says it; absent: it was so already. */
  output: z.object({ id: eventIdField.optional() }),
})
