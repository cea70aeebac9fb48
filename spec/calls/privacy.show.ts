import { z } from 'zod'
import { privacyField } from '../friends.ts'
import { defineCall } from './call.ts'

/** FRIEND-10 */
export const privacyShow = defineCall({
  method: 'privacy.show',
  summary: 'Show who may write to you and who may ask to be friends',
  errors: [],
  token: 'none',
  input: z.strictObject({}),
  output: privacyField,
})
