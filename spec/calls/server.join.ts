import { z } from 'zod'
import { serverIdField } from '../account.ts'
import { defineCall } from './call.ts'

/** A member already: nothing happens, no use is counted. Refuses with INVITE_INVALID, NOT_ALLOWED (banned), LOGIN_TOO_OFTEN. */
export const serverJoin = defineCall({
  method: 'server.join',
  summary: 'Join a server by an invite',
  input: z.strictObject({ invite: z.string() }),
  output: z.object({ server: serverIdField }),
})
