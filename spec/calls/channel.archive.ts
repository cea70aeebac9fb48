import { z } from 'zod'
import { channelRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageChannel). */
export const channelArchive = defineCall({
  method: 'channel.archive',
  summary: 'Close a channel for new messages, or open it again',
  input: z.strictObject({ channel: channelRef, archived: z.boolean().default(true) }),
  output: z.object({}),
})
