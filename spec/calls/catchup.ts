import { z } from 'zod'
import { limits } from '../limits.ts'
import { channelIdField, eventJson } from '../message.ts'
import { defineCall } from './call.ts'

/**
 * What arrived after a position, over all channels that the caller can read: an event that comes late from
 * another node has an old id and a new position, so a cursor never skips it.
 */
export const catchup = defineCall({
  method: 'catchup',
  summary: 'Read what arrived after a position, in the order of arrival',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in each channel that is named' },
  token: 'read',
  input: z.strictObject({
    channels: z
      .array(channelIdField)
      .max(limits.channelsPerServerMax)
      .optional()
      .describe('Undefined: every channel that the caller can read.'),
    from: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe(
        'The last position that the caller has; 0 for everything. Undefined: no events, `to` says where the log is now.',
      ),
    limit: z.number().int().min(1).max(limits.pageSizeMax).default(limits.pageSizeMax),
  }),
  output: z.object({
    events: z.array(eventJson).describe('Ascending position.'),
    to: z
      .number()
      .int()
      .min(0)
      .describe(
        'Read up to here: the next `from`. It can pass the last event when channels in between are not readable.',
      ),
    more: z.boolean().describe('More is stored after `to`.'),
  }),
})
