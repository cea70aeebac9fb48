/** Follows the log and tells people what is for them: mentions into the inbox, the rest as it comes (INBOX-7, INBOX-9). */
import { splitAuthor, isAuthorKey } from '../../spec/governance/names.ts'
import { parseRoleId } from '../../spec/governance/roles.ts'
import type { ChannelId, EventId, NodeId, UserName } from '../../spec/ids.ts'
import type { InboxItem, InboxMessage } from '../../spec/inbox.ts'
import type { Mention } from '../../spec/mentions.ts'
import type { EventJson } from '../../spec/message.ts'
import type { Entry } from '../log/log.ts'
import type { Follow, ThreadRef } from '../messages/follows.ts'
import { rootOf } from '../messages/states.ts'
import type { InboxComponents } from './components.ts'
import type { Items, ItemRow } from './items.ts'
import type { People, Person } from './people.ts'
import { addressedBy, isHistory, isOwn, serverOf, viewerOf, type Viewer } from './viewer.ts'

export interface Notices {
  /** There may be something new in the log. Never throws: what could not be written is tried again with the next. */
  wake(): void
  /** Resolves when everything that is in the log was looked at, or could not be written. */
  settled(): Promise<void>
}

export interface NoticesComponents extends Pick<
  InboxComponents,
  'log' | 'places' | 'clock' | 'logger' | 'connected' | 'isHidden' | 'send' | 'render' | 'follows' | 'joinThreads'
> {
  readonly people: People
  readonly items: Items
  readonly mentionsOf: (entry: Entry) => readonly Mention[] | undefined
  /** Counts of a thread may have changed. */
  readonly threadChanged: (at: ThreadRef) => void
}

interface Notice {
  readonly user: UserName
  readonly row: ItemRow
}

export const createNotices = (components: NoticesComponents, { nodeId }: { readonly nodeId: NodeId }): Notices => {
  const { log, places, clock, logger, connected, isHidden, send, render } = components
  const { people, items, mentionsOf, follows, joinThreads, threadChanged } = components
  let running: Promise<void> | undefined
  let isWoken = false
  let isLive = false

  const userOf = (mention: string): UserName | undefined => {
    if (!isAuthorKey(mention)) return undefined
    const { node, member } = splitAuthor(mention)
    return node === nodeId ? places.userOf(member) : undefined
  }

  /** Users of this node who may be meant; whether they are is asked of each. */
  const candidates = (entry: Entry, mentions: readonly Mention[]): Set<UserName> => {
    const users = new Set<UserName>()
    for (const mention of mentions) {
      const user = userOf(mention)
      if (user !== undefined) users.add(user)
    }
    const server = places.channel(entry.channel)?.server
    if (server !== undefined && mentions.some((mention) => mention === 'everyone' || parseRoleId(mention))) {
      for (const { user } of places.members(server)) if (user !== undefined) users.add(user)
    } else if (mentions.includes('here')) for (const user of connected()) users.add(user)
    return users
  }

  /** How a person sees where the message stands; undefined: not at all. */
  const viewerIn = (person: Person, { channel }: Entry, thread: EventId | undefined): Viewer | undefined => {
    const follow: Follow | undefined = thread && follows.get(person.user, { channel, thread })
    return viewerOf({ places, clock }, nodeId, person, { channel, thread, follow })?.viewer
  }

  const isFor = (viewer: Viewer, entry: Entry): boolean =>
    !isOwn(viewer, entry) && !isHistory(viewer, entry) && !isHidden(viewer.user, entry)

  /** Who gets an entry for the message. */
  const noticesOf = async (
    entry: Entry,
    mentions: readonly Mention[],
    thread: EventId | undefined,
  ): Promise<Notice[]> => {
    const here = new Set(mentions.includes('here') ? connected() : [])
    const notices: Notice[] = []
    for (const user of candidates(entry, mentions)) {
      const viewer = viewerIn(await people.get(user), entry, thread)
      if (viewer === undefined || !isFor(viewer, entry)) continue
      const { level, mutedUntil } = viewer
      const addressed = addressedBy(viewer, mentions)
      if (addressed === undefined || (addressed === 'here' && !here.has(user))) continue
      if (level === 'none' || mutedUntil !== undefined) continue
      notices.push({ user, row: { kind: 'mention', time: clock.now(), channel: entry.channel, event: entry.id } })
    }
    return notices
  }

  const listenersTo = (channel: ChannelId): Iterable<UserName> => {
    const where = places.channel(channel)?.server
    if (where === undefined || serverOf(places, channel) !== undefined) return people.listeners()
    return places.members(where).flatMap(({ user }) => user ?? [])
  }

  /** Those who want to hear of every message: not stored, as the message is. Followers hear of it as of their thread. */
  const tellListeners = (entry: Entry, told: ReadonlySet<UserName>, thread: EventId | undefined): void => {
    const followers = new Set(thread === undefined ? [] : follows.followers({ channel: entry.channel, thread }))
    let event: EventJson | undefined
    for (const user of new Set([...followers, ...listenersTo(entry.channel)])) {
      const person = told.has(user) ? undefined : people.peek(user)
      const viewer = person && viewerIn(person, entry, thread)
      if (viewer?.level !== 'all' || viewer.mutedUntil !== undefined) continue
      if (!isFor(viewer, entry) || !places.covers(entry)) continue
      event ??= eventOf(entry)
      if (event !== undefined) send(user, followers.has(user) ? { type: 'thread', event } : { type: 'notify', event })
    }
  }

  const eventOf = (entry: Entry): EventJson | undefined => {
    const rendered = render(entry)
    return rendered && (JSON.parse(rendered.json) as EventJson)
  }

  const notify = async (entry: Entry, mentions: readonly Mention[], thread: EventId | undefined): Promise<void> => {
    if (thread !== undefined) {
      const at = { channel: entry.channel, thread }
      for (const user of await joinThreads(entry, at, mentions)) send(user, { type: 'thread.followed', ...at })
      threadChanged(at)
    }
    const notices = mentions.length === 0 ? [] : await noticesOf(entry, mentions, thread)
    if (notices.length > 0) {
      const ids = await items.add(notices, entry.position)
      const event = eventOf(entry)
      notices.forEach(({ user, row: { kind, time } }, index) => {
        send(user, pushOf({ id: ids[index] ?? 0, kind, time, ...(event && { event }) }))
      })
    }
    if (isLive) tellListeners(entry, new Set(notices.map(({ user }) => user)), thread)
  }

  /** Undefined: done. On the path of each message, nearly all of which mention nobody and stand in no thread. */
  const handle = (entry: Entry): Promise<void> | undefined => {
    const mentions = mentionsOf(entry)
    if (mentions === undefined) return undefined
    const thread = rootOf(entry)
    if (mentions.length === 0 && thread === undefined) {
      if (isLive) tellListeners(entry, nobody, undefined)
      return undefined
    }
    return places.covers(entry) ? notify(entry, mentions, thread) : undefined
  }

  /** Entries that follow the last one are in memory, mostly. */
  const pump = async (): Promise<void> => {
    for (let at = items.position; at < log.position;) {
      const { entries, to } = await log.since(undefined, at, batchMax)
      for (const entry of entries) {
        const handled = handle(entry)
        if (handled !== undefined) await handled
        const noted = items.note(entry.position)
        if (noted !== undefined) await noted
      }
      at = to
    }
    isLive = true
  }

  const current = (): Promise<void> | undefined => running

  const wake = (): void => {
    isWoken = true
    if (running !== undefined) return
    isWoken = false
    running = pump()
      .catch((error: unknown) => logger.error({ err: error }, 'mentions could not be written; they are tried again'))
      .finally(() => {
        running = undefined
        if (isWoken) wake()
      })
  }

  return {
    wake,
    settled: async () => {
      wake()
      for (let run = current(); run !== undefined; run = current()) await run
    },
  }
}

/** INBOX-13 */
export const pushOf = ({ kind, ...item }: InboxItem): InboxMessage => ({ type: kind, ...item })

const batchMax = 500
const nobody: ReadonlySet<UserName> = new Set()
