import { z } from 'zod'
import { memberRef, roleRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageRoles, or somebody ranks too high), QUOTA. */
export const roleAssign = defineCall({
  method: 'role.assign',
  summary: 'Give a member a role',
  input: z.strictObject({ server: serverRef, member: memberRef, role: roleRef }),
  output: z.object({}),
})
