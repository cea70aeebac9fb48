import { z } from 'zod'
import { levels, placeFields, settingField } from '../inbox.ts'
import { defineCall } from './call.ts'

/** INBOX-8, INBOX-9. Null takes a setting back. BAD_REQUEST: not one place. */
export const notifySet = defineCall({
  method: 'notify.set',
  summary: 'Choose what notifies you in a server, a channel or a thread',
  errors: ['NOT_FOUND', 'QUOTA'],
  token: 'none',
  input: z
    .strictObject({
      ...placeFields,
      level: z.enum(levels).nullable().optional(),
      mutedUntil: z.int().nonnegative().nullable().optional(),
      suppressEveryone: z.boolean().nullable().optional(),
    })
    .refine(({ server, channel }) => (server === undefined) !== (channel === undefined), {
      error: 'give a server or a channel',
    })
    .refine(({ channel, thread }) => thread === undefined || channel !== undefined, {
      error: 'a thread needs its channel',
    }),
  output: settingField.describe('What is set at that place now.'),
})
