import { z } from 'zod'
import { personRef } from '../friends.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED: only the owner may. */
export const dmRemove = defineCall({
  method: 'dm.remove',
  summary: 'Remove somebody from your group',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  token: 'none',
  input: z.strictObject({ channel: channelIdField, address: personRef }),
  output: z.object({}),
})
