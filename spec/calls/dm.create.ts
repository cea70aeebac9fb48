import { z } from 'zod'
import { conversationField, groupNameField, personRef } from '../friends.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** Friends only. */
export const dmCreate = defineCall({
  method: 'dm.create',
  summary: 'Make a group of friends',
  errors: ['NOT_FOUND', 'NOT_FRIEND', 'NOT_ALLOWED', 'QUOTA', 'PEER_REFUSED', 'NODE_DOWN', 'NO_ANSWER'],
  token: 'none',
  input: z.strictObject({
    members: z.array(personRef).max(limits.peoplePerGroupMax),
    name: groupNameField.default(''),
  }),
  output: conversationField,
})
