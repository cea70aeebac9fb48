/** What concerns one person over all channels (spec/inbox.md): counts, notification settings, and `u/{me}/inbox`. */
import { z } from 'zod'
import { serverIdField } from './account.ts'
import { isEventId } from './event-id.ts'
import type { EventId } from './ids.ts'
import { limits } from './limits.ts'
import { channelIdField, eventJson } from './message.ts'

const positionField = z.int().nonnegative()

/** INBOX-3 */
export const countsField = z.object({
  unread: z.int().nonnegative(),
  mentions: z.int().nonnegative().describe('Of those that were looked at: the ones that mention me.'),
  more: z.boolean().describe('There are more: `unread` says "at least".'),
})
export type Counts = z.output<typeof countsField>

export const levels = ['all', 'mentions', 'none'] as const
export type Level = (typeof levels)[number]

/** INBOX-8: where a setting holds; the narrower one counts. */
export const placeFields = {
  server: serverIdField.optional(),
  channel: channelIdField.optional(),
  /** First event of a thread of `channel`. */
  thread: z.custom<EventId>(isEventId, 'is not an event id').optional(),
}

/** INBOX-8: absent, the wider place decides. */
export const settingField = z.object({
  level: z.enum(levels).optional(),
  mutedUntil: z.int().nonnegative().optional().describe('Unix ms; nothing notifies before.'),
  suppressEveryone: z.boolean().optional().describe('`@everyone` and `@here` neither notify nor count as mentions.'),
})
export type Setting = z.output<typeof settingField>

/** INBOX-10: `mention`, `friend.request`, … : kinds may be added, readers pass over those they do not know. */
export const itemKind = z.string().regex(/^[a-z]+(?:[.-][a-z]+){0,3}$/)

export const itemField = z.object({
  id: z.int().positive().describe('Ascending in the order in which they came, of this person’s node.'),
  kind: itemKind,
  time: z.int().nonnegative().describe('Unix ms, when it came.'),
  event: eventJson.optional().describe('Of a mention: the message.'),
  from: z.object({ address: z.string(), name: z.string() }).optional(),
  data: z.record(z.string(), z.unknown()).optional().describe('What the chapter of its kind says.'),
})
export type InboxItem = z.output<typeof itemField>

const threadRef = { channel: channelIdField, thread: z.custom<EventId>(isEventId, 'is not an event id') }

/** INBOX-13: the JSON of `u/{me}/inbox`. Readers pass over types that they do not know. */
export const inboxMessage = z.union([
  z.object({ type: z.literal('read'), channel: channelIdField, position: positionField, ...countsField.shape }),
  z.object({
    type: z.literal('unread'),
    channels: z.array(z.object({ channel: channelIdField, ...countsField.shape })),
  }),
  z.object({ type: z.literal('thread.read'), ...threadRef, position: positionField, ...countsField.shape }),
  z.object({
    type: z.literal('thread.unread'),
    threads: z.array(z.object({ ...threadRef, ...countsField.shape })),
  }),
  /** INBOX-15: on another device, or by answering. */
  z.object({ type: z.literal('thread.followed'), ...threadRef }),
  z.object({ type: z.literal('thread.left'), ...threadRef }),
  /** MSGS-11: an answer in a thread that one follows. */
  z.object({ type: z.literal('thread'), event: eventJson }),
  z.object({ type: z.literal('dismissed'), ids: z.array(z.int().positive()) }),
  z.object({ type: z.literal('notify'), event: eventJson }),
  z.object({ type: z.literal('settings'), ...placeFields, ...settingField.shape }),
  z.object({ type: z.literal('server.changed'), server: serverIdField, handle: z.string() }),
  /** An entry of the inbox: the type is its kind. */
  itemField.omit({ kind: true }).extend({ type: z.literal('mention') }),
  itemField.omit({ kind: true }).extend({ type: itemKind }),
])
export type InboxMessage = z.output<typeof inboxMessage>

/** What a count says on a screen: `7`, `999+`. */
export const shownCount = ({ unread, more }: Counts): string =>
  unread > limits.unreadShownMax ? `${limits.unreadShownMax}+` : more ? `${unread}+` : `${unread}`
