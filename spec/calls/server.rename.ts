import { z } from 'zod'
import { nameField, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

export const serverRename = defineCall({
  method: 'server.rename',
  summary: 'Change the name of a server',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageServer: 'in the server' },
  token: 'none',
  input: z.strictObject({ server: serverRef, name: nameField }),
  output: z.object({}),
})
