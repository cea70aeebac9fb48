import { z } from 'zod'
import { serverField } from '../community.ts'
import { defineCall } from './call.ts'

export const serverList = defineCall({
  method: 'server.list',
  summary: 'List the servers that you are a member of',
  errors: [],
  token: 'read',
  input: z.strictObject({}),
  output: z.object({ servers: z.array(serverField) }),
})
