import { z } from 'zod'
import { placeFields, settingField } from '../inbox.ts'
import { defineCall } from './call.ts'

/** INBOX-8. */
export const notifyShow = defineCall({
  method: 'notify.show',
  summary: 'Show what notifies you, place by place',
  errors: [],
  token: 'none',
  input: z.strictObject({}),
  output: z.object({ settings: z.array(z.object({ ...placeFields, ...settingField.shape })) }),
})
