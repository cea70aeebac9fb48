import { z } from 'zod'
import { privacyField } from '../friends.ts'
import { defineCall } from './call.ts'

/** FRIEND-10: what is absent stays as it is. */
export const privacySet = defineCall({
  method: 'privacy.set',
  summary: 'Say who may write to you and who may ask to be friends',
  errors: [],
  token: 'none',
  input: z.strictObject(privacyField.partial().shape),
  output: privacyField,
})
