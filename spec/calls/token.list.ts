import { z } from 'zod'
import { tokenField } from '../account.ts'
import { defineCall } from './call.ts'

export const tokenList = defineCall({
  method: 'token.list',
  summary: 'List your app tokens',
  errors: [],
  token: 'none',
  input: z.strictObject({}),
  output: z.object({ tokens: z.array(tokenField) }),
})
