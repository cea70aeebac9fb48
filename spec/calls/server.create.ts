import { z } from 'zod'
import { channelField, nameField, serverField } from '../community.ts'
import { defineCall } from './call.ts'

export const serverCreate = defineCall({
  method: 'server.create',
  summary: 'Make a server; you and the node are its founders',
  errors: ['EXISTS', 'QUOTA'],
  token: 'none',
  input: z.strictObject({
    handle: z.string().max(64).describe('Fixed for ever, and unique on the node.'),
    name: nameField,
  }),
  output: z.object({ server: serverField, channels: z.array(channelField) }),
})
