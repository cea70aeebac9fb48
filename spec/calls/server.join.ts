import { z } from 'zod'
import { serverIdField } from '../account.ts'
import { defineCall } from './call.ts'

/** A member already: nothing happens, no use is counted. NOT_ALLOWED: banned. */
export const serverJoin = defineCall({
  method: 'server.join',
  summary: 'Join a server by an invite',
  errors: [
    'NOT_FOUND',
    'NOT_ALLOWED',
    'INVITE_INVALID',
    'LOGIN_TOO_OFTEN',
    'QUOTA',
    'PEER_REFUSED',
    'NODE_DOWN',
    'NO_ANSWER',
  ],
  token: 'none',
  input: z.strictObject({ invite: z.string() }),
  output: z.object({ server: serverIdField }),
})
