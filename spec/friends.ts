/** What friends, blocks and conversations look like in calls (spec/friends.md). Times are Unix ms. */
import { z } from 'zod'
import { limits } from './limits.ts'
import { channelIdField } from './message.ts'

/** FRIEND-1: `alice` of this node, `alice@home.example`, `alice@{node id}`. */
export const personRef = z.string().min(1).max(300)
/** FRIEND-20: measured in code points by whoever keeps it. */
export const groupNameField = z.string().max(2 * limits.nameCharsMax)

export const personField = z.object({ address: z.string(), name: z.string() })

export const friendField = personField.extend({
  standing: z.enum(['friend', 'incoming', 'outgoing']),
  since: z.number().int(),
})

/** FRIEND-10 */
export const dmPrivacies = ['friends', 'sharedServer', 'nobody'] as const
export const addPrivacies = ['everyone', 'sharedServer', 'nobody'] as const
export interface Privacy {
  /** Who may write to me. */
  readonly dm: (typeof dmPrivacies)[number]
  /** Who may ask me to be friends. */
  readonly add: (typeof addPrivacies)[number]
}

export const privacyField = z.object({ dm: z.enum(dmPrivacies), add: z.enum(addPrivacies) })

export const conversationField = z.object({
  channel: channelIdField,
  kind: z.enum(['pair', 'group']),
  name: z.string().describe('Of a group; may be empty.'),
  owner: z.string().optional().describe('Of a group: address.'),
  request: z.boolean().describe('FRIEND-11: from somebody who is no friend; answered by `dm.open`.'),
  people: z.array(personField).describe('Everybody who takes part, the reader too.'),
})
