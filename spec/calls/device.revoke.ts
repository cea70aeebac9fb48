import { z } from 'zod'
import { deviceIdField } from '../account.ts'
import { defineCall } from './call.ts'

/** Its connection ends within a second (ACC-23). */
export const deviceRevoke = defineCall({
  method: 'device.revoke',
  summary: 'Revoke one of your devices: its key, its app tokens and its client id stop working',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ device: deviceIdField }),
  output: z.object({}),
})
