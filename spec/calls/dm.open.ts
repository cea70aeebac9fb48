import { z } from 'zod'
import { conversationField, personRef } from '../friends.ts'
import { defineCall } from './call.ts'

/** The same channel every time. NOT_ALLOWED: you block them, or they take no messages. */
export const dmOpen = defineCall({
  method: 'dm.open',
  summary: 'Open the direct messages with somebody',
  errors: ['NOT_FOUND', 'NOT_FRIEND', 'NOT_ALLOWED', 'PEER_REFUSED', 'NODE_DOWN', 'NO_ANSWER'],
  token: 'send',
  input: z.strictObject({ address: personRef }),
  output: conversationField,
})
