import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

export const memberUnban = defineCall({
  method: 'member.unban',
  summary: 'Lift a ban',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { ban: 'in the server' },
  token: 'none',
  input: z.strictObject({ server: serverRef, member: memberRef }),
  output: z.object({}),
})
