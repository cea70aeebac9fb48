import { z } from 'zod'
import { channelField, nameField, serverField } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with EXISTS, QUOTA, BAD_REQUEST. */
export const serverCreate = defineCall({
  method: 'server.create',
  summary: 'Make a server; you and the node are its founders',
  input: z.strictObject({
    /** Fixed for ever, and unique on the node. */
    handle: z.string().max(64),
    name: nameField,
  }),
  output: z.object({ server: serverField, channels: z.array(channelField) }),
})
