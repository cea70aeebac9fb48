import { z } from 'zod'
import { channelRef } from '../community.ts'
import { eventJson } from '../message.ts'
import { defineCall } from './call.ts'

/** MSGS-14. Refuses with NOT_FOUND, NOT_ALLOWED. */
export const pinList = defineCall({
  method: 'pin.list',
  summary: 'List the pinned messages of a channel',
  input: z.strictObject({ channel: channelRef }),
  /** Descending id. */
  output: z.object({ events: z.array(eventJson) }),
})
