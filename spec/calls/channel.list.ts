import { z } from 'zod'
import { channelField, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

export const channelList = defineCall({
  method: 'channel.list',
  summary: 'List the channels of a server that you may read',
  errors: ['NOT_FOUND'],
  token: 'read',
  input: z.strictObject({ server: serverRef }),
  output: z.object({ channels: z.array(channelField) }),
})
