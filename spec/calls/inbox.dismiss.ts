import { z } from 'zod'
import { limits } from '../limits.ts'
import { defineCall } from './call.ts'

/** INBOX-12. What is not there is passed over. */
export const inboxDismiss = defineCall({
  method: 'inbox.dismiss',
  summary: 'Take entries out of the inbox',
  errors: [],
  token: 'none',
  input: z
    .strictObject({
      ids: z.array(z.int().positive()).max(limits.inboxItemsMax).optional(),
      upTo: z.int().positive().optional().describe('This one and all before it.'),
    })
    .refine(({ ids, upTo }) => (ids === undefined) !== (upTo === undefined), { error: 'give ids or upTo' }),
  output: z.object({ dismissed: z.int().nonnegative() }),
})
