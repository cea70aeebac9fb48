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
  /** Of those that were looked at: the ones that mention me. */
  mentions: z.int().nonnegative(),
  /** There are more: `unread` says "at least". */
  more: z.boolean(),
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
  /** Unix ms; nothing notifies before. */
  mutedUntil: z.int().nonnegative().optional(),
  /** `@everyone` and `@here` neither notify nor count as mentions. */
  suppressEveryone: z.boolean().optional(),
})
export type Setting = z.output<typeof settingField>

/** INBOX-10: `mention`, `friend.request`, … : kinds may be added, readers pass over those they do not know. */
export const itemKind = z.string().regex(/^[a-z]+(?:[.-][a-z]+){0,3}$/)

export const itemField = z.object({
  /** Ascending in the order in which they came, of this person's node. */
  id: z.int().positive(),
  kind: itemKind,
  /** Unix ms, when it came. */
  time: z.int().nonnegative(),
  /** Of a mention: the message. */
  event: eventJson.optional(),
  from: z.object({ address: z.string(), name: z.string() }).optional(),
  /** What the chapter of its kind says. */
  data: z.record(z.string(), z.unknown()).optional(),
})
export type InboxItem = z.output<typeof itemField>

/** INBOX-13: the JSON of `u/{me}/inbox`. Readers pass over types that they do not know. */
export const inboxMessage = z.union([
  z.object({ type: z.literal('read'), channel: channelIdField, position: positionField, ...countsField.shape }),
  z.object({
    type: z.literal('unread'),
    channels: z.array(z.object({ channel: channelIdField, ...countsField.shape })),
  }),
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
