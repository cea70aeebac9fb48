import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-10. */
export const messageDelete = defineCall({
  method: 'message.delete',
  summary: 'Delete a message of your own, or with manageMessages of anybody',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'NOT_FRIEND', 'TIMED_OUT_MEMBER', 'ARCHIVED'],
  permissions: { send: 'in the channel, for one’s own', manageMessages: 'in the channel, for those of others' },
  token: 'send',
  input: z.strictObject({ channel: channelRef, target: eventIdField }),
  output: z.object({ id: eventIdField.optional() }).describe('The event that says it; absent: it was so already.'),
})
