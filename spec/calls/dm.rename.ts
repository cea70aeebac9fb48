import { z } from 'zod'
import { groupNameField } from '../friends.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** By anybody in the group. Refuses with NOT_FOUND, BAD_REQUEST. */
export const dmRename = defineCall({
  method: 'dm.rename',
  summary: 'Rename a group',
  input: z.strictObject({ channel: channelIdField, name: groupNameField }),
  output: z.object({}),
})
