import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventJson } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-14. */
export const pinList = defineCall({
  method: 'pin.list',
  summary: 'List the pinned messages of a channel',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in the channel' },
  token: 'read',
  input: z.strictObject({ channel: channelRef }),
  output: z.object({ events: z.array(eventJson) }).describe('Descending id.'),
})
