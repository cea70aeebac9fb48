import { z } from 'zod'
import { channelRef } from '../community.ts'
import { limits } from '../limits.ts'
import { eventIdField } from '../message.ts'
import { defineCall } from './call.ts'

/** SYNC-8, for who was not there when `replicated` was told. Of messages of other nodes, and of those that nobody else has, nothing. */
export const messageReceipts = defineCall({
  method: 'message.receipts',
  summary: 'Ask how many other nodes have messages on disk',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in the channel' },
  token: 'read',
  input: z.strictObject({ channel: channelRef, ids: z.array(eventIdField).min(1).max(limits.pageSizeMax) }),
  output: z
    .object({ messages: z.array(z.object({ id: eventIdField, nodes: z.int().positive() })) })
    .describe('As far as the nodes have said so since this one started.'),
})
