import { z } from 'zod'
import { channelRef, permissionsField, roleRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageRoles, or the role ranks too high), BAD_REQUEST. */
export const channelOverride = defineCall({
  method: 'channel.override',
  summary: 'Allow or deny a role something in one channel',
  input: z.strictObject({
    channel: channelRef,
    role: roleRef,
    allow: permissionsField.default([]),
    deny: permissionsField.default([]),
  }),
  output: z.object({}),
})
