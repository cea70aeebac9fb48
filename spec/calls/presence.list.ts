import { z } from 'zod'
import { serverRef } from '../community.ts'
import { presenceJson } from '../presence.ts'
import { defineCall } from './call.ts'

/** PROF-11: all at once, instead of a retained message each. */
export const presenceList = defineCall({
  method: 'presence.list',
  summary: 'Show who of a server is here, as far as you may see it',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ server: serverRef }),
  output: z.object({ present: z.array(presenceJson) }).describe('Whoever is not listed is offline. Ascending user.'),
})
