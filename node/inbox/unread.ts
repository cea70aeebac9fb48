/** Read markers and counts of channels and threads (INBOX-1 to INBOX-6, INBOX-14). */
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import type { Counts, Level } from '../../spec/inbox.ts'
import { limits } from '../../spec/limits.ts'
import type { Follow, ThreadRef } from '../messages/follows.ts'
import type { InboxComponents } from './components.ts'
import { keyOfThread, type ThreadKey } from './ends.ts'
import type { People, Person, PersonChange } from './people.ts'
import type { Tail, Tails } from './tails.ts'
import { countsOf, viewerOf, type ViewedPlace, type Viewer } from './viewer.ts'

export interface UnreadRow extends Counts {
  readonly channel: ChannelId
  readonly server?: ServerId
  /** The marker. */
  readonly position: number
  readonly level: Level
  readonly mutedUntil?: number
}

/** Of a thread that the user follows. */
export interface ThreadRow extends UnreadRow {
  readonly thread: EventId
}

export interface UpTo {
  readonly position?: number | undefined
  readonly event?: EventId | undefined
  readonly unread: boolean
}

export interface Unread {
  /**
   * Rows of those channels that the user may read, in that order. What is in memory costs O(channels + messages after the
   * markers, at most `windowMax` each); from disk about `limits.unreadReadsMax` events are read at most, shared fairly.
   */
  rows(user: UserName, channels: readonly ChannelId[]): Promise<UnreadRow[]>
  /** INBOX-2. Resolves after the fsync. NOT_FOUND: no such event in that channel. */
  mark(user: UserName, channel: ChannelId, upTo: UpTo): Promise<UnreadRow>
  /** As `rows`, of the threads that the user follows in these channels. */
  threadRows(user: UserName, follows: readonly Follow[]): Promise<ThreadRow[]>
  /** As `mark`; NOT_FOUND also for a thread that the user does not follow. */
  markThread(user: UserName, at: ThreadRef, upTo: UpTo): Promise<ThreadRow>
}

export interface UnreadComponents extends Pick<InboxComponents, 'log' | 'places' | 'clock' | 'isHidden' | 'follows'> {
  readonly tails: Tails<ChannelId>
  readonly threads: Tails<ThreadKey>
  readonly people: People
}

export const createUnread = (
  { log, places, clock, isHidden, follows, tails, threads, people }: UnreadComponents,
  { nodeId, windowMax }: { readonly nodeId: NodeId; readonly windowMax: number },
): Unread => {
  const rowOf = (viewer: Viewer, tail: Tail, inThread: boolean): UnreadRow => {
    const { channel, server, position, level, mutedUntil } = viewer
    return {
      channel,
      ...(server !== undefined && { server }),
      position,
      ...countsOf(viewer, tail, { isHidden, inThread }),
      level,
      ...(mutedUntil !== undefined && { mutedUntil }),
    }
  }

  /** What is learnt about when somebody joined is written once. */
  const remember = async (user: UserName, joined: readonly PersonChange[]): Promise<void> => {
    if (joined.length === 0) return
    await people.update(user, (person) => joined.filter(({ key }) => !person.joined.has(key)))
  }

  /** Of those places that the person may read. */
  const rowsOf = async <P extends ViewedPlace, R>(
    person: Person,
    wanted: readonly P[],
    read: (viewer: Viewer, place: P, depth: number) => Promise<R>,
  ): Promise<R[]> => {
    const depth = Math.min(windowMax, Math.max(depthMin, Math.floor(limits.unreadReadsMax / wanted.length)))
    const joined = new Map<string, PersonChange>()
    const rows: R[] = []
    for (const place of wanted) {
      const found = viewerOf({ places, clock }, nodeId, person, place)
      if (found === undefined) continue
      if (found.joined !== undefined) joined.set(found.joined.key, found.joined)
      rows.push(await read(found.viewer, place, depth))
    }
    await remember(person.user, [...joined.values()])
    return rows
  }

  const channelRows = (person: Person, channels: readonly ChannelId[]): Promise<UnreadRow[]> =>
    rowsOf(
      person,
      channels.map((channel) => ({ channel })),
      async (viewer, { channel }, depth) => rowOf(viewer, await tails.after(channel, viewer.position, depth), false),
    )

  const threadRows = (person: Person, followed: readonly Follow[]): Promise<ThreadRow[]> =>
    rowsOf(
      person,
      followed.map((follow) => ({ channel: follow.channel, thread: follow.thread, follow })),
      async (viewer, { channel, thread }, depth) => ({
        thread,
        ...rowOf(viewer, await threads.after(keyOfThread({ channel, thread }), viewer.position, depth), true),
      }),
    )

  const positionOf = async (channel: ChannelId, event: EventId): Promise<number> => {
    const entry = await log.get(event)
    if (entry?.channel !== channel) throw new HearthError('NOT_FOUND', 'there is no such event in this channel')
    return entry.position
  }

  /** Where a marker goes that was `before` (INBOX-2). */
  const moving = async (channel: ChannelId, { position, event, unread }: UpTo): Promise<(before: number) => number> => {
    const named = event === undefined ? position : (await positionOf(channel, event)) - (unread ? 1 : 0)
    const wanted = Math.min(named ?? log.position, log.position)
    return (before) => (unread ? wanted : Math.max(before, wanted))
  }

  return {
    rows: async (user, channels) => channelRows(await people.get(user), channels),
    mark: async (user, channel, upTo) => {
      const move = await moving(channel, upTo)
      const person = await people.update(user, ({ reads }) => {
        const before = reads.get(channel) ?? 0
        const value = move(before)
        return value === before ? [] : [{ table: 'reads', key: channel, value }]
      })
      const [row] = await channelRows(person, [channel])
      if (row === undefined) throw new HearthError('NOT_FOUND', 'there is no such channel, or it is not for you')
      return row
    },
    threadRows: async (user, followed) => threadRows(await people.get(user), followed),
    markThread: async (user, at, upTo) => {
      const follow = await follows.mark(user, at, await moving(at.channel, upTo))
      const [row] = follow === undefined ? [] : await threadRows(await people.get(user), [follow])
      if (row === undefined) throw new HearthError('NOT_FOUND', 'you follow no such thread')
      return row
    },
  }
}

/** Arrivals of each place that are looked at however many places there are. */
const depthMin = 20
