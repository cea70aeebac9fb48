import { z } from 'zod'
import { defineCall } from './call.ts'

/** Ends your other sessions, apart from those of app tokens (ACC-41). LOGIN_FAILED: the old password is wrong. */
export const accountPassword = defineCall({
  method: 'account.password',
  summary: 'Change your password',
  errors: ['LOGIN_FAILED', 'LOGIN_TOO_OFTEN'],
  token: 'none',
  input: z.strictObject({ old: z.string(), new: z.string() }),
  output: z.object({}),
})
