import { z } from 'zod'
import { conversationField, personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** The same channel every time. Refuses with NOT_FRIEND, NOT_ALLOWED (you block them, or they take no messages), NOT_FOUND. */
export const dmOpen = defineCall({
  method: 'dm.open',
  summary: 'Open the direct messages with somebody',
  input: z.strictObject({ address: personRef }),
  output: conversationField,
})
