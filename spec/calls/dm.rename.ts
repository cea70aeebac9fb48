import { z } from 'zod'
import { groupNameField } from '../friends.ts'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** By anybody in the group. */
export const dmRename = defineCall({
  method: 'dm.rename',
  summary: 'Rename a group',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ channel: channelIdField, name: groupNameField }),
  output: z.object({}),
})
