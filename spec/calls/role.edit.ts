import { z } from 'zod'
import { nameField, permissionsField, roleField, roleRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageRoles, or the role ranks too high), EXISTS, BAD_REQUEST. */
export const roleEdit = defineCall({
  method: 'role.edit',
  summary: 'Change the name or the permissions of a role',
  input: z.strictObject({
    server: serverRef,
    role: roleRef,
    name: nameField.optional(),
    permissions: permissionsField.optional(),
  }),
  output: z.object({ role: roleField }),
})
