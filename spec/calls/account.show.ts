import { z } from 'zod'
import { userField } from '../account.ts'
import { defineCall } from './call.ts'

export const accountShow = defineCall({
  method: 'account.show',
  summary: 'Show your own account',
  errors: [],
  token: 'none',
  input: z.strictObject({}),
  output: userField,
})
