import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { profileJson } from '../profile.ts'
import { defineCall } from './call.ts'

/** PROF-1, PROF-6: of friends and people of a shared server. Refuses with NOT_FOUND. */
export const profileShow = defineCall({
  method: 'profile.show',
  summary: 'Show a profile: yours, or of a friend or of somebody in one of your servers',
  input: z.strictObject({
    /** User name or address; absent: your own. */
    who: memberRef.optional(),
    /** As they are called there. */
    server: serverRef.optional(),
  }),
  output: profileJson,
})
