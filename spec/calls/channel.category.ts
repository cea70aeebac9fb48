import { z } from 'zod'
import { channelRef, nameField } from '../community.ts'
import { defineCall } from './call.ts'

export const channelCategory = defineCall({
  method: 'channel.category',
  summary: 'Put a channel under a heading',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageChannel: 'in the server' },
  token: 'none',
  input: z.strictObject({
    channel: channelRef,
    category: nameField.describe('Empty: under none.'),
  }),
  output: z.object({}),
})
