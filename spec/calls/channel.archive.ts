import { z } from 'zod'
import { channelRef } from '../community.ts'
import { defineCall } from './call.ts'

export const channelArchive = defineCall({
  method: 'channel.archive',
  summary: 'Close a channel for new messages, or open it again',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageChannel: 'in the server' },
  token: 'none',
  input: z.strictObject({ channel: channelRef, archived: z.boolean().default(true) }),
  output: z.object({}),
})
