import { z } from 'zod'
import { nameField, permissionsField, roleField, serverRef } from '../community.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** NOT_ALLOWED also: the rank is too high. */
export const roleCreate = defineCall({
  method: 'role.create',
  summary: 'Make a role that ranks below yours',
  errors: ['NOT_FOUND', 'NOT_ALLOWED', 'EXISTS', 'QUOTA'],
  permissions: { manageRoles: 'in the server' },
  token: 'none',
  input: z.strictObject({
    server: serverRef,
    name: nameField,
    rank: z.number().int().min(1).max(limits.rankMax),
    permissions: permissionsField,
  }),
  output: z.object({ role: roleField }),
})
