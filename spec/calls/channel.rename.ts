import { z } from 'zod'
import { channelRef, nameField } from '../community.ts'
import { defineCall } from './call.ts'

/** Refuses with NOT_FOUND, NOT_ALLOWED (manageChannel), BAD_REQUEST. */
export const channelRename = defineCall({
  method: 'channel.rename',
  summary: 'Change the name of a channel',
  input: z.strictObject({ channel: channelRef, name: nameField }),
  output: z.object({}),
})
