import { z } from 'zod'
import { expiresInField, inviteField } from '../account.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** `code` is shown this once. Refuses with NOT_FOUND, NOT_ALLOWED, QUOTA. */
export const inviteCreate = defineCall({
  method: 'invite.create',
  summary: 'Make an invite to a server',
  input: z.strictObject({
    /** Id or handle. */
    server: z.string(),
    /** A role that you may give. */
    role: z.string().optional(),
    uses: z.number().int().min(1).max(limits.inviteUsesMax).default(1),
    expiresInSeconds: expiresInField.default(limits.inviteExpiryMs / 1000),
    /** May people without an account use it to make one? */
    register: z.boolean().default(true),
  }),
  output: z.object({ invite: inviteField, code: z.string() }),
})
