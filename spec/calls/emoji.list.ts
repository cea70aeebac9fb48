import { z } from 'zod'
import { serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** MSGS-13. */
export const emojiList = defineCall({
  method: 'emoji.list',
  summary: 'List the emoji of a server',
  errors: ['NOT_FOUND'],
  token: 'any',
  input: z.strictObject({ server: serverRef }),
  output: z
    .object({ emoji: z.array(z.object({ name: z.string(), type: z.string(), bytes: z.int().nonnegative() })) })
    .describe('Ascending name.'),
})
