import { z } from 'zod'
import { defineCall } from './call.ts'

/** Its connections end within a second. Refuses with NOT_FOUND. */
export const tokenRevoke = defineCall({
  method: 'token.revoke',
  summary: 'Revoke one of your app tokens',
  input: z.strictObject({ token: z.string() }),
  output: z.object({}),
})
