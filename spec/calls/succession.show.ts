import { z } from 'zod'
import { serverRef } from '../community.ts'
import { rootField } from '../succession.ts'
import { defineCall } from './call.ts'

export const successionShow = defineCall({
  method: 'succession.show',
  summary: 'Show who owns a server, who may hand it on, and what is proposed',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z.strictObject({ server: serverRef }),
  output: z.object({
    ...rootField.shape,
    epoch: z.number().int().describe('0: as it was founded.'),
    isFinal: z.boolean().describe('False: guardians of before could go back behind it.'),
    proposals: z.array(rootField),
  }),
})
