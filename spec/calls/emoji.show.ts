import { z } from 'zod'
import { serverRef } from '../community.ts'
import { isEmojiName } from '../emoji.ts'
import { defineCall } from './call.ts'

/** MSGS-13. */
export const emojiShow = defineCall({
  method: 'emoji.show',
  summary: 'Read the image of an emoji',
  errors: ['NOT_FOUND'],
  token: 'any',
  input: z.strictObject({ server: serverRef, name: z.custom<string>(isEmojiName, 'has 2 to 32 of a-z, 0-9 and _') }),
  output: z.object({ name: z.string(), type: z.string(), image: z.base64() }),
})
