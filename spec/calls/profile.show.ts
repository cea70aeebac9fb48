import { z } from 'zod'
import { memberRef, serverRef } from '../community.ts'
import { profileJson } from '../profile.ts'
import { defineCall } from './call.ts'

/** PROF-1, PROF-6: of friends and people of a shared server. */
export const profileShow = defineCall({
  method: 'profile.show',
  summary: 'Show a profile: yours, or of a friend or of somebody in one of your servers',
  errors: ['NOT_FOUND'],
  token: 'any',
  input: z.strictObject({
    who: memberRef.optional().describe('User name or address; absent: your own.'),
    server: serverRef.optional().describe('As they are called there.'),
  }),
  output: profileJson,
})
