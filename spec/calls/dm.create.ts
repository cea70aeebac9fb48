import { z } from 'zod'
import { conversationField, groupNameField, personRef } from '../friends.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** Friends only. Refuses with NOT_FRIEND, NOT_FOUND, QUOTA. */
export const dmCreate = defineCall({
  method: 'dm.create',
  summary: 'Make a group of friends',
  input: z.strictObject({
    members: z.array(personRef).max(limits.peoplePerGroupMax),
    name: groupNameField.default(''),
  }),
  output: conversationField,
})
