import { z } from 'zod'
import { channelField, permissionsField, roleField, serverField, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

export const serverShow = defineCall({
  method: 'server.show',
  summary: 'Show a server: its channels, its roles and what you may do',
  errors: ['NOT_FOUND'],
  token: 'read',
  input: z.strictObject({ server: serverRef }),
  output: z.object({
    server: serverField,
    channels: z.array(channelField),
    roles: z.array(roleField),
    permissions: permissionsField.describe('Yours, in the server as a whole.'),
  }),
})
