import { z } from 'zod'
import { defineCall } from './call.ts'

export const inviteRevoke = defineCall({
  method: 'invite.revoke',
  summary: 'Make one of your invites worthless',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ invite: z.string() }),
  output: z.object({}),
})
