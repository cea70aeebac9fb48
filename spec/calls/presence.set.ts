import { z } from 'zod'
import { presenceChoice, presenceJson } from '../presence.ts'
import { defineCall } from './call.ts'

/** PROF-8. The same as publishing it to `u/{me}/presence`, with an answer. */
export const presenceSet = defineCall({
  method: 'presence.set',
  summary: 'Choose your status, a text beside it, and whether others see your last day here',
  errors: [],
  token: 'none',
  input: presenceChoice,
  output: z.object({
    presence: presenceJson.describe('What others see now.'),
    invisible: z.boolean(),
  }),
})
