import { z } from 'zod'
import { roleRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED also: the role ranks too high. */
export const roleDelete = defineCall({
  method: 'role.delete',
  summary: 'Delete a role',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageRoles: 'in the server' },
  token: 'none',
  input: z.strictObject({ server: serverRef, role: roleRef }),
  output: z.object({}),
})
