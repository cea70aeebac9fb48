import { z } from 'zod'
import { inviteField } from '../account.ts'
import { defineCall } from './call.ts'

export const inviteList = defineCall({
  method: 'invite.list',
  summary: 'List your invites that still work',
  errors: [],
  token: 'none',
  input: z.strictObject({}),
  output: z.object({ invites: z.array(inviteField) }),
})
