import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-14. */
export const messageUnpin = defineCall({
  method: 'message.unpin',
  summary: 'Take a pin away',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'NOT_FRIEND', 'TIMED_OUT_MEMBER', 'ARCHIVED'],
  permissions: { manageMessages: 'in the channel' },
  token: 'none',
  input: z.strictObject({ channel: channelRef, target: eventIdField }),
  output: z.object({ id: eventIdField.optional() }).describe('The event that says it; absent: it was so already.'),
})
