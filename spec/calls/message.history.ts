import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-9. NOT_FOUND: also once it is deleted. */
export const messageHistory = defineCall({
  method: 'message.history',
  summary: 'Read what a message said before it was edited',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in the channel' },
  token: 'read',
  input: z.strictObject({ channel: channelRef, target: eventIdField }),
  output: z
    .object({
      versions: z.array(z.object({ id: eventIdField, time: z.int().nonnegative(), body: z.string() })),
    })
    .describe('As it was said first, then each edit; ascending id.'),
})
