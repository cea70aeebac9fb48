import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'

import { defineCall } from './call.ts'

/** MSGS-9. Refuses with NOT_FOUND, NOT_ALLOWED (send, or it is another’s), TEXT_EMPTY, TEXT_TOO_LONG, QUOTA, RATE_LIMITED. */
export const messageEdit = defineCall({
  method: 'message.edit',
  summary: 'Change the text of a message of your own',
  input: z.strictObject({ channel: channelRef, target: eventIdField, body: z.string() }),
  /** The event that says it; absent: it was so already. */
  output: z.object({ id: eventIdField.optional() }),
})
