import { z } from 'zod'
import { channelRef, nameField } from '../community.ts'
import { defineCall } from './call.ts'

export const channelRename = defineCall({
  method: 'channel.rename',
  summary: 'Change the name of a channel',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageChannel: 'in the server' },
  token: 'none',
  input: z.strictObject({ channel: channelRef, name: nameField }),
  output: z.object({}),
})
