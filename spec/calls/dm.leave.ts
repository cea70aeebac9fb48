import { z } from 'zod'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** The group of an owner who leaves goes to whoever is in it longest. */
export const dmLeave = defineCall({
  method: 'dm.leave',
  summary: 'Leave a group',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ channel: channelIdField }),
  output: z.object({}),
})
