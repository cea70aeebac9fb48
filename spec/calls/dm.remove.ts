import { z } from 'zod'
import { personRef } from '../friends.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_ALLOWED (only the owner may), NOT_FOUND. */
export const dmRemove = defineCall({
  method: 'dm.remove',
  summary: 'Remove somebody from your group',
  input: z.strictObject({ channel: channelIdField, address: personRef }),
  output: z.object({}),
})
