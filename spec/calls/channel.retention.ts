import { z } from 'zod'
import { channelRef } from '../community.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

export const channelRetention = defineCall({
  method: 'channel.retention',
  summary: 'Keep the messages of a channel for so many days, on every node; older ones are dropped for good',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageServer: 'in the server' },
  token: 'none',
  input: z.strictObject({
    channel: channelRef,
    days: z.number().int().min(1).max(limits.retentionDaysMax).nullable().describe('null: for ever, from now on.'),
  }),
  output: z.object({}),
})
