import { z } from 'zod'
import { roleRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageRoles, or the role ranks too high), BAD_REQUEST. */
export const roleDelete = defineCall({
  method: 'role.delete',
  summary: 'Delete a role',
  input: z.strictObject({ server: serverRef, role: roleRef }),
  output: z.object({}),
})
