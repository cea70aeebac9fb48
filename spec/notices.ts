/** What a person is told on `u/{me}/inbox`, message by message (INBOX-13, FRIEND-21): one object schema for each `type`. */
import { z } from 'zod'
import { serverIdField } from './account.ts'
import { conversationField, personField } from './friends.ts'
import { inboxMessage, itemField, itemKind } from './inbox.ts'
import { channelIdField, eventIdField } from './message.ts'

const notice = <T extends string, S extends z.core.$ZodLooseShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...shape })

const entry = itemField.omit({ kind: true, event: true, data: true }).shape

/** FRIEND-21, INBOX-10: entries of the inbox apart from mentions, and what is told and not kept. */
export const notices = [
  notice('friend.request', entry),
  notice('friend.accepted', entry),
  notice('message.request', { ...entry, data: z.object({ channel: channelIdField }).optional() }),
  notice('friend.changed', { address: personField.shape.address }),
  notice('dm.opened', { conversation: conversationField }),
  notice('dm.changed', { conversation: conversationField }),
  notice('dm.closed', { channel: channelIdField }),
  notice('replicated', { channel: channelIdField, id: eventIdField, nodes: z.int().positive() }),
  notice('server.ended', {
    server: serverIdField,
    handle: z.string(),
    reason: z.enum(['leave', 'kick', 'ban', 'demote']),
  }),
] as const

/** By type; a reader passes over types that are not here. */
export const inboxTypes: ReadonlyMap<string, z.ZodObject> = new Map(
  [...inboxMessage.options, ...notices].flatMap((option): [string, z.ZodObject][] => {
    const { type } = option.shape
    return type instanceof z.ZodLiteral ? [[type.value, option]] : []
  }),
)

/** Any of them; what else comes has a `type` that is not known here. */
export const anyNotice = z.union([...inboxTypes.values(), z.looseObject({ type: itemKind })])
