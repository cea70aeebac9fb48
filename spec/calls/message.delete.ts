import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-10. Refuses with NOT_FOUND, NOT_ALLOWED (manageMessages, for those of others), RATE_LIMITED. */
export const messageDelete = defineCall({
  method: 'message.delete',
  summary: 'Delete a message of your own, or with manageMessages of anybody',
  input: z.strictObject({ channel: channelRef, target: eventIdField }),
  /** The event that says it; absent: it was so already. */
  output: z.object({ id: eventIdField.optional() }),
})
