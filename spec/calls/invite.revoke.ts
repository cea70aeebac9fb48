import { z } from 'zod'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND. */
export const inviteRevoke = defineCall({
  method: 'invite.revoke',
  summary: 'Make one of your invites worthless',
  input: z.strictObject({ invite: z.string() }),
  output: z.object({}),
})
