import { z } from 'zod'
import { serverIdField } from '../account.ts'
import { defineNodeCall } from './node-call.ts'

/** NCALL-8. */
export const serverStandingCall = defineNodeCall({
  method: 'server.standing',
  input: z.strictObject({ server: serverIdField }),
  output: z.object({ member: z.boolean() }),
})
