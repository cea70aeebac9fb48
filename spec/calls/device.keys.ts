import { z } from 'zod'
import { authorKeyField } from '../author.ts'
import { channelRef } from '../community.ts'
import { isMemberId, isNodeId } from '../identifiers.ts'
import type { MemberId, NodeId } from '../ids.ts'
import { defineCall } from './call.ts'

const memberField = z.custom<MemberId>(isMemberId, 'is not a member id')

/** SIGN-5, SIGN-6. Who is no member of the channel any more is not in the answer. */
export const deviceKeys = defineCall({
  method: 'device.keys',
  summary: 'Read the device keys of members of a channel, to verify what they signed',
  errors: ['NOT_FOUND', 'NOT_ALLOWED'],
  permissions: { read: 'in the channel' },
  token: 'read',
  input: z.strictObject({
    channel: channelRef,
    members: z.array(memberField).min(1).max(100),
    fresh: z.boolean().optional().describe('Ask the nodes of members of other nodes again.'),
  }),
  output: z.object({
    people: z.array(
      z.object({
        member: memberField,
        address: z.string(),
        node: z.custom<NodeId>(isNodeId, 'is not a node id'),
        keys: z.array(authorKeyField).optional().describe('Absent: their node could not be asked yet.'),
      }),
    ),
  }),
})
