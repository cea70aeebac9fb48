import { z } from 'zod'
import { deviceIdField, expiresInField, tokenField } from '../account.ts'
import { limits } from '../limits.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** `secret` is shown this once. Refuses with QUOTA, BAD_REQUEST. */
export const tokenCreate = defineCall({
  method: 'token.create',
  summary: 'Make an app token for a bot, a script or a device',
  input: z.strictObject({
    /** What it is for. */
    name: z.string().min(1).max(limits.nameCharsMax),
    /** Only these; absent: every channel that you can see. */
    channels: z.array(channelIdField).min(1).max(limits.channelsPerServerMax).optional(),
    send: z.boolean().default(true),
    read: z.boolean().default(true),
    expiresInSeconds: expiresInField.optional(),
    /** Usable from this device only, and revoked with it. */
    device: deviceIdField.optional(),
  }),
  output: z.object({ token: tokenField, secret: z.string() }),
})
