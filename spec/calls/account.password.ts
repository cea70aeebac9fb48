import { z } from 'zod'
import { defineCall } from './call.ts'

/**
 * Ends your other sessions, apart from those of app tokens (ACC-41). Refuses with LOGIN_FAILED (the old password is
 * wrong), LOGIN_TOO_OFTEN, BAD_REQUEST (ACC-13).
 */
export const accountPassword = defineCall({
  method: 'account.password',
  summary: 'Change your password',
  input: z.strictObject({ old: z.string(), new: z.string() }),
  output: z.object({}),
})
