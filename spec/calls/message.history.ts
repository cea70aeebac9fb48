import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-9. Refuses with NOT_FOUND (also once it is deleted), NOT_ALLOWED. */
export const messageHistory = defineCall({
  method: 'message.history',
  summary: 'Read what a message said before it was edited',
  input: z.strictObject({ channel: channelRef, target: eventIdField }),
  /** As it was said first, then each edit; ascending id. */
  output: z.object({
    versions: z.array(z.object({ id: eventIdField, time: z.int().nonnegative(), body: z.string() })),
  }),
})
