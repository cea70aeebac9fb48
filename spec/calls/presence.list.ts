import { z } from 'zod'
import { serverRef } from '../community.ts'
import { presenceJson } from '../presence.ts'
import { defineCall } from './call.ts'

/** PROF-11: all at once, instead of a retained message each. Refuses with NOT_FOUND. */
export const presenceList = defineCall({
  method: 'presence.list',
  summary: 'Show who of a server is here, as far as you may see it',
  input: z.strictObject({ server: serverRef }),
  /** Whoever is not listed is offline. Ascending user. */
  output: z.object({ present: z.array(presenceJson) }),
})
