import { z } from 'zod'
import { channelIdField } from '../message.ts'
import { presentStatuses } from '../presence.ts'
import { defineCall } from './call.ts'

/** People, not devices: one line for each member who is connected. */
export const who = defineCall({
  method: 'who',
  summary: 'List the members of a channel who are connected now',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in the channel' },
  token: 'read',
  input: z.strictObject({ channel: channelIdField }),
  output: z
    .object({ online: z.array(z.object({ address: z.string(), status: z.enum(presentStatuses) })) })
    .describe('Ascending address; of other nodes, too.'),
})
