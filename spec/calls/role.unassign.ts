import { z } from 'zod'
import { memberRef, roleRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageRoles, or somebody ranks too high). */
export const roleUnassign = defineCall({
  method: 'role.unassign',
  summary: 'Take a role from a member',
  input: z.strictObject({ server: serverRef, member: memberRef, role: roleRef }),
  output: z.object({}),
})
