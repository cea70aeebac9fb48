import { z } from 'zod'
import { serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** MSGS-13. Refuses with NOT_FOUND. */
export const emojiList = defineCall({
  method: 'emoji.list',
  summary: 'List the emoji of a server',
  input: z.strictObject({ server: serverRef }),
  /** Ascending name. */
  output: z.object({ emoji: z.array(z.object({ name: z.string(), type: z.string(), bytes: z.int().nonnegative() })) }),
})
