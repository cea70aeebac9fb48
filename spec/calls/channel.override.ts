import { z } from 'zod'
import { channelRef, permissionsField, roleRef } from '../community.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED also: the role ranks too high. */
export const channelOverride = defineCall({
  method: 'channel.override',
  summary: 'Allow or deny a role something in one channel',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageRoles: 'in the server' },
  token: 'none',
  input: z.strictObject({
    channel: channelRef,
    role: roleRef,
    allow: permissionsField.default([]),
    deny: permissionsField.default([]),
  }),
  output: z.object({}),
})
