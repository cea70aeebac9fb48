import { z } from 'zod'
import { memberRef, roleRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED also: somebody ranks too high. */
export const roleUnassign = defineCall({
  method: 'role.unassign',
  summary: 'Take a role from a member',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { manageRoles: 'in the server' },
  token: 'none',
  input: z.strictObject({ server: serverRef, member: memberRef, role: roleRef }),
  output: z.object({}),
})
