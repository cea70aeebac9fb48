import { z } from 'zod'
import { serverRef } from '../community.ts'
import { isEmojiName } from '../emoji.ts'
import { defineCall } from './call.ts'

/** MSGS-13. */
export const emojiRemove = defineCall({
  method: 'emoji.remove',
  summary: 'Remove an emoji of a server; reactions with it stay, as its name',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageServer: 'in the server' },
  token: 'none',
  input: z.strictObject({ server: serverRef, name: z.custom<string>(isEmojiName, 'has 2 to 32 of a-z, 0-9 and _') }),
  output: z.object({}),
})
