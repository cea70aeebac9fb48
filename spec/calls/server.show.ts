import { z } from 'zod'
import { channelField, permissionsField, roleField, serverField, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND. */
export const serverShow = defineCall({
  method: 'server.show',
  summary: 'Show a server: its channels, its roles and what you may do',
  input: z.strictObject({ server: serverRef }),
  output: z.object({
    server: serverField,
    channels: z.array(channelField),
    roles: z.array(roleField),
    /** Yours, in the server as a whole. */
    permissions: permissionsField,
  }),
})
