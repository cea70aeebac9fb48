import { z } from 'zod'
import { conversationField } from '../friends.ts'
import { defineCall } from './call.ts'

/** Newest first. */
export const dmList = defineCall({
  method: 'dm.list',
  summary: 'List your direct messages and groups',
  errors: [],
  token: 'read',
  input: z.strictObject({}),
  output: z.object({ conversations: z.array(conversationField) }),
})
