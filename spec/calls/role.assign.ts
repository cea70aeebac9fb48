import { z } from 'zod'
import { memberRef, roleRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED also: somebody ranks too high. */
export const roleAssign = defineCall({
  method: 'role.assign',
  summary: 'Give a member a role',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'QUOTA'],
  permissions: { manageRoles: 'in the server' },
  token: 'none',
  input: z.strictObject({ server: serverRef, member: memberRef, role: roleRef }),
  output: z.object({}),
})
