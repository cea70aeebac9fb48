import { z } from 'zod'
import { serverRef } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND. */
export const serverLeave = defineCall({
  method: 'server.leave',
  summary: 'Leave a server',
  input: z.strictObject({ server: serverRef }),
  output: z.object({}),
})
