import { z } from 'zod'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** The group of an owner who leaves goes to whoever is in it longest. Refuses with NOT_FOUND. */
export const dmLeave = defineCall({
  method: 'dm.leave',
  summary: 'Leave a group',
  input: z.strictObject({ channel: channelIdField }),
  output: z.object({}),
})
