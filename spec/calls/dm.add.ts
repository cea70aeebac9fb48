import { z } from 'zod'
import { personRef } from '../friends.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** By anybody in the group, of their friends. Refuses with NOT_FRIEND, NOT_FOUND, QUOTA. */
export const dmAdd = defineCall({
  method: 'dm.add',
  summary: 'Add a friend to a group',
  input: z.strictObject({ channel: channelIdField, address: personRef }),
  output: z.object({}),
})
