import { z } from 'zod'
import { channelRef } from '../community.ts'
import { defineCall } from './call.ts'

export const channelPrivate = defineCall({
  method: 'channel.private',
  summary: 'Make a channel private or public',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageChannel: 'in the server' },
  token: 'none',
  input: z.strictObject({ channel: channelRef, private: z.boolean().default(true) }),
  output: z.object({}),
})
