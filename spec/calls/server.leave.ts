import { z } from 'zod'
import { serverRef } from '../community.ts'
import { defineCall } from './call.ts'

export const serverLeave = defineCall({
  method: 'server.leave',
  summary: 'Leave a server',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ server: serverRef }),
  output: z.object({}),
})
