import { z } from 'zod'
import { nameField, permissionsField, roleField, roleRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED also: the role ranks too high. */
export const roleEdit = defineCall({
  method: 'role.edit',
  summary: 'Change the name or the permissions of a role',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'EXISTS'],
  permissions: { manageRoles: 'in the server' },
  token: 'none',
  input: z.strictObject({
    server: serverRef,
    role: roleRef,
    name: nameField.optional(),
    permissions: permissionsField.optional(),
  }),
  output: z.object({ role: roleField }),
})
