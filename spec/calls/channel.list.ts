import { z } from 'zod'
import { channelField, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND. */
export const channelList = defineCall({
  method: 'channel.list',
  summary: 'List the channels of a server that you may read',
  input: z.strictObject({ server: serverRef }),
  output: z.object({ channels: z.array(channelField) }),
})
