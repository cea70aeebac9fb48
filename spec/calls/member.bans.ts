import { z } from 'zod'
import { serverRef } from '../community.ts'
import { defineCall } from './call.ts'

export const memberBans = defineCall({
  method: 'member.bans',
  summary: 'List who is banned from a server',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { ban: 'in the server' },
  token: 'none',
  input: z.strictObject({ server: serverRef }),
  output: z.object({ bans: z.array(z.object({ address: z.string(), reason: z.string() })) }),
})
