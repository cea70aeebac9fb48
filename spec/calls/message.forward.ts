import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-15. */
export const messageForward = defineCall({
  method: 'message.forward',
  summary: 'Say a message again in another channel, with where it is from',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'NOT_FRIEND', 'TIMED_OUT_MEMBER', 'ARCHIVED'],
  permissions: { read: 'in the channel', send: 'in the other channel' },
  token: 'send',
  input: z.strictObject({ channel: channelRef, target: eventIdField, to: channelRef }),
  output: z.object({ id: eventIdField }),
})
