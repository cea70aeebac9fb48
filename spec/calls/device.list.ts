import { z } from 'zod'
import { deviceField } from '../account.ts'
import { defineCall } from './call.ts'

export const deviceList = defineCall({
  method: 'device.list',
  summary: 'List your devices',
  errors: [],
  token: 'none',
  input: z.strictObject({}),
  output: z.object({ devices: z.array(deviceField) }),
})
