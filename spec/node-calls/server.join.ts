import { z } from 'zod'
import { serverIdField, userNameField } from '../account.ts'
import { isMemberId } from '../identifiers.ts'
import type { MemberId } from '../ids.ts'
import { eventIdField } from '../message.ts'
import { defineNodeCall } from './node-call.ts'

/**
 * NCALL-7. In already: the grant that the member has, no use is counted. Refuses with INVITE_INVALID, NOT_ALLOWED (banned),
 * LOGIN_TOO_OFTEN.
 */
export const serverJoinCall = defineNodeCall({
  method: 'server.join',
  input: z.strictObject({
    server: serverIdField,
    /** The invite. */
    code: z.string().max(64),
    /** Who comes in: of the calling node, new or as before. */
    member: z.custom<MemberId>(isMemberId, 'is not a member id'),
    user: userNameField,
  }),
  output: z.object({
    /** It stands in the governance channel of the server. */
    grant: eventIdField,
  }),
})
