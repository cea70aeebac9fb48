import { z } from 'zod'
import { itemField } from '../inbox.ts'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** INBOX-10 to INBOX-12. */
export const inboxList = defineCall({
  method: 'inbox.list',
  summary: 'Read the inbox: mentions and requests, the newest or those after one',
  errors: [],
  token: 'none',
  input: z
    .strictObject({
      after: z.int().nonnegative().optional(),
      before: z.int().positive().optional(),
      limit: z.int().min(1).max(limits.pageSizeMax).default(limits.pageSizeDefault),
    })
    .refine(({ after, before }) => after === undefined || before === undefined, { error: 'give after or before' }),
  output: z.object({
    items: z.array(itemField).describe('Ascending id.'),
    more: z.boolean().describe('There are more on that side.'),
  }),
})
