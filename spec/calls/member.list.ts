import { z } from 'zod'
import { memberField, serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND. */
export const memberList = defineCall({
  method: 'member.list',
  summary: 'List the members of a server',
  input: z.strictObject({ server: serverRef }),
  output: z.object({ members: z.array(memberField) }),
})
