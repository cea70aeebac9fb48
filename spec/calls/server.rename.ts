import { z } from 'zod'
import { nameField, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageServer), BAD_REQUEST. */
export const serverRename = defineCall({
  method: 'server.rename',
  summary: 'Change the name of a server',
  input: z.strictObject({ server: serverRef, name: nameField }),
  output: z.object({}),
})
