import { z } from 'zod'
import { channelRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageChannel). */
export const channelPrivate = defineCall({
  method: 'channel.private',
  summary: 'Make a channel private or public',
  input: z.strictObject({ channel: channelRef, private: z.boolean().default(true) }),
  output: z.object({}),
})
