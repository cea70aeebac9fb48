import { z } from 'zod'
import { defineCall } from './call.ts'

/** Its connections end within a second. */
export const tokenRevoke = defineCall({
  method: 'token.revoke',
  summary: 'Revoke one of your app tokens',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ token: z.string() }),
  output: z.object({}),
})
