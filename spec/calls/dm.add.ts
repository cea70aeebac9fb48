import { z } from 'zod'
import { personRef } from '../friends.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** By anybody in the group, of their friends. */
export const dmAdd = defineCall({
  method: 'dm.add',
  summary: 'Add a friend to a group',
  errors: ['NOT_FOUND', 'NOT_FRIEND', 'NOT_ALLOWED', 'QUOTA', 'PEER_REFUSED', 'NODE_DOWN', 'NO_ANSWER'],
  token: 'none',
  input: z.strictObject({ channel: channelIdField, address: personRef }),
  output: z.object({}),
})
