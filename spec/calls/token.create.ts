import { z } from 'zod'
import { deviceIdField, expiresInField, tokenField } from '../account.ts'
import { limits } from '../limits.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** `secret` is shown this once. */
export const tokenCreate = defineCall({
  method: 'token.create',
  summary: 'Make an app token for a bot, a script or a device',
  errors: ['QUOTA'],
  token: 'none',
  input: z.strictObject({
    name: z.string().min(1).max(limits.nameCharsMax).describe('What it is for.'),
    channels: z
      .array(channelIdField)
      .min(1)
      .max(limits.channelsPerServerMax)
      .optional()
      .describe('Only these; absent: every channel that you can see.'),
    send: z.boolean().default(true),
    read: z.boolean().default(true),
    expiresInSeconds: expiresInField.optional(),
    device: deviceIdField.optional().describe('Usable from this device only, and revoked with it.'),
  }),
  output: z.object({ token: tokenField, secret: z.string() }),
})
