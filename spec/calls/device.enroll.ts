import { z } from 'zod'
import { deviceField, deviceKeyField } from '../account.ts'
import { defineCall } from './call.ts'

/** For the device that calls (ACC-30). BAD_REQUEST: not a strict key; NOT_FOUND: a client id made up for one run. */
export const deviceEnroll = defineCall({
  method: 'device.enroll',
  summary: 'Register an Ed25519 key with which this device signs its login tickets',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ key: deviceKeyField }),
  output: deviceField,
})
