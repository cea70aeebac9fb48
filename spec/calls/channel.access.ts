import { z } from 'zod'
import { channelRef, memberRef, roleRef } from '../community.ts'
import { defineCall } from './call.ts'

export const channelAccess = defineCall({
  method: 'channel.access',
  summary: 'Let a member or a role into a private channel, or out of it',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageChannel: 'in the server' },
  token: 'none',
  input: z.strictObject({
    channel: channelRef,
    who: z.union([z.strictObject({ member: memberRef }), z.strictObject({ role: roleRef })]),
    listed: z.boolean().default(true),
  }),
  output: z.object({}),
})
