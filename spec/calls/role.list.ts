import { z } from 'zod'
import { roleField, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

export const roleList = defineCall({
  method: 'role.list',
  summary: 'List the roles of a server',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ server: serverRef }),
  output: z.object({ roles: z.array(roleField) }),
})
