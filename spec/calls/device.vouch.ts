import { z } from 'zod'
import { keyField, signatureValueField } from '../author.ts'
import { defineCall } from './call.ts'

/** SIGN-4. NOT_FOUND: this device has no key, or the other is none of yours. */
export const deviceVouch = defineCall({
  method: 'device.vouch',
  summary: 'Vouch for the key of another device of yours, with the key of this one',
  errors: ['NOT_FOUND', 'SIGNATURE_INVALID'],
  token: 'none',
  input: z.strictObject({ key: keyField, value: signatureValueField.describe('By the key of this device.') }),
  output: z.object({}),
})
