import { z } from 'zod'
import { nameField, permissionsField, roleField, serverRef } from '../community.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageRoles, or the rank is too high), EXISTS, QUOTA, BAD_REQUEST. */
export const roleCreate = defineCall({
  method: 'role.create',
  summary: 'Make a role that ranks below yours',
  input: z.strictObject({
    server: serverRef,
    name: nameField,
    rank: z.number().int().min(1).max(limits.rankMax),
    permissions: permissionsField,
  }),
  output: z.object({ role: roleField }),
})
