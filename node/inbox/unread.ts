/** Read markers and counts (INBOX-1 to INBOX-6). */
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import type { Counts, Level } from '../../spec/inbox.ts'
import { limits } from '../../spec/limits.ts'
import type { InboxComponents } from './components.ts'
import type { People, Person, PersonChange } from './people.ts'
import type { Tails } from './tails.ts'
import { countsOf, viewerOf, type Viewer } from './viewer.ts'

export interface UnreadRow extends Counts {
  readonly channel: ChannelId
  readonly server?: ServerId
  /** The marker. */
  readonly position: number
  readonly level: Level
  readonly mutedUntil?: number
}

export interface Unread {
  /**
   * Rows of those channels that the user may read, in that order. What is in memory costs O(channels + messages after the
   * markers, at most `windowMax` each); from disk about `limits.unreadReadsMax` events are read at most, shared fairly.
   */
  rows(user: UserName, channels: readonly ChannelId[]): Promise<UnreadRow[]>
  /** INBOX-2. Resolves after the fsync. NOT_FOUND: no such event in that channel. */
  mark(
    user: UserName,
    channel: ChannelId,
    upTo: { readonly position?: number | undefined; readonly event?: EventId | undefined; readonly unread: boolean },
  ): Promise<UnreadRow>
}

export interface UnreadComponents extends Pick<InboxComponents, 'log' | 'places' | 'clock' | 'isHidden'> {
  readonly tails: Tails
  readonly people: People
}

export const createUnread = (
  { log, places, clock, isHidden, tails, people }: UnreadComponents,
  { nodeId, windowMax }: { readonly nodeId: NodeId; readonly windowMax: number },
): Unread => {
  const rowOf = async (viewer: Viewer, depth: number): Promise<UnreadRow> => {
    const { channel, server, position, level, mutedUntil } = viewer
    return {
      channel,
      ...(server !== undefined && { server }),
      position,
      ...countsOf(viewer, await tails.after(channel, position, depth), isHidden),
      level,
      ...(mutedUntil !== undefined && { mutedUntil }),
    }
  }

  /** What is learnt about when somebody joined is written once. */
  const remember = async (user: UserName, joined: readonly PersonChange[]): Promise<void> => {
    if (joined.length === 0) return
    await people.update(user, (person) => joined.filter(({ key }) => !person.joined.has(key)))
  }

  const rowsOf = async (person: Person, channels: readonly ChannelId[]): Promise<UnreadRow[]> => {
    const depth = Math.min(windowMax, Math.max(depthMin, Math.floor(limits.unreadReadsMax / channels.length)))
    const joined = new Map<string, PersonChange>()
    const rows: UnreadRow[] = []
    for (const channel of channels) {
      const found = viewerOf({ places, clock }, nodeId, person, channel)
      if (found === undefined) continue
      if (found.joined !== undefined) joined.set(found.joined.key, found.joined)
      rows.push(await rowOf(found.viewer, depth))
    }
    await remember(person.user, [...joined.values()])
    return rows
  }

  const positionOf = async (channel: ChannelId, event: EventId): Promise<number> => {
    const entry = await log.get(event)
    if (entry?.channel !== channel) throw new HearthError('NOT_FOUND', 'there is no such event in this channel')
    return entry.position
  }

  return {
    rows: async (user, channels) => rowsOf(await people.get(user), channels),
    mark: async (user, channel, { position, event, unread }) => {
      const named = event === undefined ? position : (await positionOf(channel, event)) - (unread ? 1 : 0)
      const wanted = Math.min(named ?? log.position, log.position)
      const person = await people.update(user, ({ reads }) => {
        const before = reads.get(channel) ?? 0
        const value = unread ? wanted : Math.max(before, wanted)
        return value === before ? [] : [{ table: 'reads', key: channel, value }]
      })
      const [row] = await rowsOf(person, [channel])
      if (row === undefined) throw new HearthError('NOT_FOUND', 'there is no such channel, or it is not for you')
      return row
    },
  }
}

/** Arrivals of each channel that are looked at however many channels there are. */
const depthMin = 20
