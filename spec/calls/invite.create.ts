import { z } from 'zod'
import { expiresInField, inviteField } from '../account.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** `code` is shown this once. */
export const inviteCreate = defineCall({
  method: 'invite.create',
  summary: 'Make an invite to a server',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'QUOTA'],
  permissions: { invite: 'in the server' },
  token: 'none',
  input: z.strictObject({
    server: z.string().describe('Id or handle.'),
    role: z.string().optional().describe('A role that you may give.'),
    uses: z.number().int().min(1).max(limits.inviteUsesMax).default(1),
    expiresInSeconds: expiresInField.default(limits.inviteExpiryMs / 1000),
    register: z.boolean().default(true).describe('May people without an account use it to make one?'),
  }),
  output: z.object({ invite: inviteField, code: z.string() }),
})
