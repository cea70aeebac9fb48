import type { Sha256 } from '../../spec/crypto.ts'
import type { HearthError } from '../../spec/errors.ts'
import type { FeedPoint } from '../../spec/feed.ts'
import type { ChannelId, EventId, FeedId } from '../../spec/ids.ts'
import type { Store } from '../store/store.ts'
import { createEventReader, type StoredEvent } from './event-reader.ts'
import { corrupt } from './event-value.ts'
import { bytesOf, isBefore, type Channel, type Extension, type Feed, type FeedTable } from './feed-table.ts'
import { aboveAllIds, eventKey, eventKeyOf, lowestId } from './keys.ts'
import type { Entry, PageAnchor, Position } from './log.ts'
import { arrivalsAfter, channelRunsAfter, feedRun, newestOfChannel, type ArrivedAt } from './runs.ts'

export interface ReaderParts {
  readonly store: Store
  readonly hash: Sha256
  /** Replaced when the log was read anew. */
  readonly table: () => FeedTable
  readonly position: () => Position
}

export interface Reader {
  get(id: EventId): Promise<Entry | undefined>
  /** An event that must be there: CORRUPT when it is not. */
  read(channel: Channel, id: EventId): Promise<StoredEvent>
  page(channel: ChannelId, anchor: PageAnchor, limit: number): Promise<Entry[]>
  /** Those of these events that are here. */
  entries(channel: ChannelId, ids: readonly EventId[]): Promise<Entry[]>
  since(
    channels: ReadonlySet<ChannelId> | undefined,
    from: Position,
    limit: number,
  ): Promise<{ entries: Entry[]; to: Position }>
  newest(channel: ChannelId, after: Position, limit: number): Promise<Entry[]>
  /** Durable events of a feed from a sequence number on, at most `limit`. */
  feedEvents(feed: Feed, from: number, limit: number): Promise<StoredEvent[]>
}

/** Every read checks what it reads (EVENT-3, EVENT-5, FEED-3) and throws CORRUPT, naming channel and event. */
export function createReader({ store, hash, table, position }: ReaderParts): Reader {
  const readEvent = createEventReader(hash)
  const read = async (channel: Channel, id: EventId): Promise<StoredEvent> => {
    const value = await store.get(eventKeyOf(channel.bytes, id))
    if (!value) throw corrupt(channel, id, 'the event is missing')
    return checked(channel, id, value)
  }

  const checked = (channel: Channel, id: EventId, value: Uint8Array): StoredEvent => {
    const found = readEvent(table(), channel, value)
    if (found.entry.id !== id) throw corrupt(channel, id, `another event, ${found.entry.id}, is in its place`)
    return found
  }

  /** Undefined in the place of what retention has dropped. */
  const readAll = async (arrived: readonly ArrivedAt[]): Promise<(Entry | undefined)[]> => {
    const values = await store.getMany(arrived.map(({ channel, id }) => eventKeyOf(channel.bytes, id)))
    return arrived.map(({ channel, id, position: at }, index) => {
      if (isBefore(channel, id)) return undefined
      const value = values[index]
      if (!value) throw corrupt(channel, id, 'the event is missing')
      const { entry } = checked(channel, id, value)
      if (entry.position !== at) throw corrupt(channel, id, `it says position ${entry.position}, the index ${at}`)
      return entry
    })
  }

  const slice = async (channel: Channel, wanted: Bounds, limit: number): Promise<Entry[]> => {
    if (limit <= 0) return []
    const bounds = shownOf(channel, wanted)
    const ends = channel.feeds.map((feed) => ({ feed, floor: feed.storedFloor, head: feed.stored }))
    const values = await store.values({
      gte: eventKey(channel.bytes, bounds.gte),
      lt: eventKey(channel.bytes, bounds.lt),
      reverse: bounds.reverse,
      limit,
    })
    if (bounds.reverse) values.reverse()
    const entries = values.map((value) => readEvent(table(), channel, value).entry)
    const runs = assertLinked(channel, entries)
    // Where the range had no more events, each feed must have come to its end.
    const isShort = entries.length < limit
    for (const { feed, floor, head } of ends) {
      const run = runs.get(feed.id)
      const toHead = bounds.lt === aboveAllIds && (!bounds.reverse ? isShort && run : isShort || reaches(entries, head))
      // A feed that nothing was stored of yet has no floor: its first events may be here all the same by now.
      // Nor can it be told from here where a feed begins whose events before the beginning are gone, or still to go.
      const isOpen = head.seq > 0 && isShort && bounds.reverse && channel.begins === undefined
      if (isOpen && run && run.first > floor) throw missing(channel, feed, floor, run.first - 1)
      const isShown = head.id !== undefined && !isBefore(channel, head.id)
      if (toHead && isShown && (run?.last ?? 0) < head.seq) throw missing(channel, feed, (run?.last ?? 0) + 1, head.seq)
    }
    return entries
  }

  return {
    read,

    async get(id) {
      for (const channel of table().channelsOf(id)) {
        if (isBefore(channel, id)) continue
        const value = await store.get(eventKeyOf(channel.bytes, id))
        if (value) return checked(channel, id, value).entry
      }
      return undefined
    },

    async page(channelId, { before, after, around }, limit) {
      const channel = table().channels.get(channelId)
      if (!channel) return []
      if (after !== undefined) {
        return slice(channel, { gte: next(after), lt: aboveAllIds, reverse: false }, limit)
      }
      if (before !== undefined) {
        return slice(channel, { gte: lowestId, lt: bytesOf(before), reverse: true }, limit)
      }
      if (around !== undefined) {
        const older = Math.floor(limit / 2)
        const [past, rest] = await Promise.all([
          slice(channel, { gte: lowestId, lt: bytesOf(around), reverse: true }, older),
          slice(channel, { gte: bytesOf(around), lt: aboveAllIds, reverse: false }, limit - older),
        ])
        return [...past, ...rest]
      }
      return slice(channel, { gte: lowestId, lt: aboveAllIds, reverse: true }, limit)
    },

    async entries(channelId, ids) {
      const channel = table().channels.get(channelId)
      if (!channel || ids.length === 0) return []
      const values = await store.getMany(ids.map((id) => eventKeyOf(channel.bytes, id)))
      return ids.flatMap((id, index) => {
        const value = values[index]
        return value && !isBefore(channel, id) ? [checked(channel, id, value).entry] : []
      })
    },

    async since(channels, from, limit) {
      const to = position()
      if (limit <= 0 || from >= to) return { entries: [], to: Math.max(from, Math.min(from, to)) }
      const arrived =
        channels === undefined
          ? await fromArrivals(from, to, limit)
          : await fromChannels([...channels], from, to, limit)
      const entries = await resolve(arrived)
      return { entries, to: arrived.length < limit ? to : (arrived.at(-1)?.position ?? to) }
    },

    async newest(channelId, after, limit) {
      const channel = table().channels.get(channelId)
      if (!channel || limit <= 0 || channel.position <= after) return []
      const recent = channel.recent
        .filter(({ entry }) => entry.position > after && !isBefore(channel, entry.id))
        .map(({ entry }) => entry)
      const missing = limit - recent.length
      const before = channel.recent.find(({ entry }) => entry.position > after)?.entry.position ?? position() + 1
      if (missing <= 0) return recent.slice(-limit)
      if (after + 1 >= before) return recent
      const stored = await newestOfChannel(store, channel, after, before - 1, missing)
      return [...(await readAll(stored)).filter((entry) => entry !== undefined), ...recent]
    },

    async feedEvents(feed, from, limit) {
      const { channel } = feed
      const recent = channel.recent.filter(
        ({ entry }) => entry.feed === feed.id && entry.seq >= from && entry.seq < from + limit,
      )
      const ids = await feedRun(store, feed, from, Math.min(limit, feed.stored.seq - from + 1))
      for (const { entry } of recent) ids[entry.seq - from] = entry.id
      const wanted = ids.slice(0, limit)
      if (wanted.includes(undefined as never))
        throw corrupt(channel, undefined, `the index of feed ${feed.id} has a hole`)
      const values = await store.getMany(wanted.map((id) => eventKeyOf(channel.bytes, id)))
      return wanted.map((id, index) => {
        const value = values[index]
        if (!value) throw corrupt(channel, id, 'the event is missing')
        return checked(channel, id, value)
      })
    },
  }

  async function fromArrivals(from: Position, to: Position, limit: number): Promise<(Entry | ArrivedAt)[]> {
    const { recent } = table()
    const inMemory = recent[0]?.entry.position ?? to + 1
    if (from + 1 >= inMemory) return take(recent, from, to, limit)
    const stored = await arrivalsAfter(store, table(), from, Math.min(to, inMemory - 1), limit)
    return [...stored, ...take(recent, from, to, limit - stored.length)]
  }

  async function fromChannels(ids: ChannelId[], from: Position, to: Position, limit: number) {
    const found: (Entry | ArrivedAt)[] = []
    for (const id of ids) {
      const channel = table().channels.get(id)
      if (!channel || channel.position <= from) continue
      const { recent } = channel
      const inMemory = recent[0]?.entry.position ?? to + 1
      const stored =
        from + 1 < inMemory ? await channelRunsAfter(store, channel, from, Math.min(to, inMemory - 1), limit) : []
      for (const arrived of stored) found.push(arrived)
      for (const entry of take(recent, from, to, limit - stored.length)) found.push(entry)
    }
    return found.sort((a, b) => a.position - b.position).slice(0, limit)
  }

  /** What came from memory is an entry already; the rest is read in one go. */
  async function resolve(arrived: readonly (Entry | ArrivedAt)[]): Promise<Entry[]> {
    const read = await readAll(arrived.filter((item): item is ArrivedAt => !('raw' in item)))
    let at = 0
    return arrived.flatMap((item) => {
      const entry = 'raw' in item ? item : read[at++]
      const channel = entry && table().channels.get(entry.channel)
      return entry && !(channel && isBefore(channel, entry.id)) ? [entry] : []
    })
  }
}

interface Bounds {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
  readonly reverse: boolean
}

/** FEED-7: nothing before the beginning of the channel is shown. */
function shownOf({ begins }: Channel, bounds: Bounds): Bounds {
  const from = begins === undefined ? undefined : bytesOf(begins)
  if (from === undefined || Buffer.compare(bounds.gte, from) >= 0) return bounds
  return { ...bounds, gte: from, lt: Buffer.compare(bounds.lt, from) < 0 ? from : bounds.lt }
}

const next = (id: EventId): Buffer => Buffer.concat([bytesOf(id), Buffer.alloc(1)])

/** The entries of a range in memory, by binary search. */
function take(recent: readonly Extension[], from: Position, to: Position, limit: number): Entry[] {
  let low = 0
  let high = recent.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((recent[middle]?.entry.position ?? 0) <= from) low = middle + 1
    else high = middle
  }
  const found = recent.slice(low, low + Math.max(0, limit)).map(({ entry }) => entry)
  while ((found.at(-1)?.position ?? 0) > to) found.pop()
  return found
}

interface Run {
  readonly first: number
  last: number
}

/** Neighbours in display order that belong to one feed are neighbours in the feed: ids ascend with seq (FEED-3, FEED-6). */
function assertLinked(channel: Channel, entries: readonly Entry[]): ReadonlyMap<FeedId, Run> {
  const runs = new Map<FeedId, Run>()
  let previous: Entry | undefined
  for (const entry of entries) {
    if (previous && previous.id >= entry.id) throw corrupt(channel, entry.id, 'it is out of order')
    previous = entry
    const run = runs.get(entry.feed)
    if (run && run.last + 1 !== entry.seq) {
      throw corrupt(channel, entry.id, `events ${run.last + 1} to ${entry.seq - 1} of feed ${entry.feed} are missing`)
    }
    if (run) run.last = entry.seq
    else runs.set(entry.feed, { first: entry.seq, last: entry.seq })
  }
  return runs
}

/** Is the head of a feed within a page of the newest events? */
const reaches = ([first]: readonly Entry[], { seq, id }: FeedPoint): boolean =>
  seq > 0 && first !== undefined && id !== undefined && id >= first.id

const missing = (channel: Channel, feed: Feed, from: number, to: number): HearthError =>
  corrupt(channel, undefined, `events ${from} to ${to} of feed ${feed.id} are missing`)
