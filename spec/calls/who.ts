import { z } from 'zod'
import { channelIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** People, not devices: one line for each member who is connected. Refuses with NOT_ALLOWED, NOT_FOUND. */
export const who = defineCall({
  method: 'who',
  summary: 'List the members of a channel who are connected now',
  input: z.strictObject({ channel: channelIdField }),
  /** Ascending address. */
  output: z.object({ online: z.array(z.object({ address: z.string() })) }),
})
