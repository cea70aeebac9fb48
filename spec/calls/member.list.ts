import { z } from 'zod'
import { memberField, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

export const memberList = defineCall({
  method: 'member.list',
  summary: 'List the members of a server',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ server: serverRef }),
  output: z.object({ members: z.array(memberField) }),
})
