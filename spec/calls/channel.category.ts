import { z } from 'zod'
import { channelRef, nameField } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageChannel), BAD_REQUEST. */
export const channelCategory = defineCall({
  method: 'channel.category',
  summary: 'Put a channel under a heading',
  input: z.strictObject({
    channel: channelRef,
    /** Empty: under none. */
    category: nameField,
  }),
  output: z.object({}),
})
