import { z } from 'zod'
import { serverRef } from '../community.ts'
import { emojiTypes, isEmojiName } from '../emoji.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** MSGS-13. BAD_REQUEST: no such image. */
export const emojiSet = defineCall({
  method: 'emoji.set',
  summary: 'Add an emoji to a server, or give it another image',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'QUOTA'],
  permissions: { manageServer: 'in the server' },
  token: 'none',
  input: z.strictObject({
    server: serverRef,
    name: z.custom<string>(isEmojiName, 'has 2 to 32 of a-z, 0-9 and _'),
    type: z.enum(emojiTypes),
    image: z.base64().max(4 * Math.ceil(limits.emojiImageBytesMax / 3)),
  }),
  output: z.object({}),
})
