/**
 * FEED-7: a channel that begins later than it began. First its floors move up, in one batch; what lies below them is then
 * nobody's, and goes from the disk piece by piece, behind live traffic.
 */
import type { Sha256 } from '../../spec/crypto.ts'
import { readEventId } from '../../spec/event-id.ts'
import type { EventId } from '../../spec/ids.ts'
import type { Operation, Store } from '../store/store.ts'
import type { NodeKeys, Timers } from './components.ts'
import { createEventReader } from './event-reader.ts'
import { bytesOf, isBefore, type Channel, type Feed, type FeedTable } from './feed-table.ts'
import { putHead } from './head-record.ts'
import {
  channelRunItemBytes,
  channelRunKey,
  eventKey,
  feedRunKey,
  idBytes,
  lowestId,
  positionBytes,
  redactionKey,
  relationKey,
  sealKey,
} from './keys.ts'
import type { Reader } from './reader.ts'
import { feedRun, readPosition } from './runs.ts'

export interface RetentionParts {
  readonly store: Store
  readonly reader: Pick<Reader, 'feedEvents'>
  readonly keys: Pick<NodeKeys, 'nodeId'>
  readonly hash: Sha256
  readonly timers: Timers
  readonly table: () => FeedTable
  /** The log closes: what is left is for the next start. */
  readonly isEnding: () => boolean
}

interface Raised {
  readonly feed: Feed
  readonly floor: number
  readonly prev: Uint8Array
}

/**
 * Moves the floors of a channel up to its beginning, or to the last event of a feed. The indexes on disk are whole, and
 * nobody writes heads meanwhile. Returns how many events are below the floors now that were not.
 */
export async function raiseFloors(parts: RetentionParts, channel: Channel): Promise<number> {
  const { store, reader } = parts
  const raised: Raised[] = []
  for (const feed of channel.feeds) {
    const floor = await newFloor(parts, channel, feed)
    if (floor <= feed.storedFloor) continue
    const [first] = await reader.feedEvents(feed, floor, 1)
    // Copied: what was read is a view of more.
    if (first) raised.push({ feed, floor, prev: Uint8Array.from(first.prevHash) })
  }
  const changed = ({ feed, floor, prev }: Raised): Feed => ({
    ...feed,
    storedFloor: floor,
    storedFloorPrev: prev,
    dropped: feed.dropped + floor - feed.storedFloor,
  })
  await store.commit(raised.map((one) => putHead(changed(one))))
  let dropped = 0
  for (const { feed, floor, prev } of raised) {
    dropped += floor - feed.storedFloor
    feed.dropped += floor - feed.storedFloor
    // Meanwhile the feed may have been taken up again past a hole, which is not on the disk yet.
    if (feed.floor === feed.storedFloor) {
      feed.floor = floor
      feed.floorPrev = prev
    }
    feed.storedFloor = floor
    feed.storedFloorPrev = prev
    feed.isWhole = true
    feed.dirty = true
  }
  return dropped
}

/** The first event at or after the beginning; at most the last one, or the last that has a seal. */
async function newFloor({ store, keys }: RetentionParts, channel: Channel, feed: Feed): Promise<number> {
  const { stored, storedFloor, sealed, origin } = feed
  const last = origin.node === keys.nodeId ? Math.min(sealed, stored.seq) : stored.seq
  // What is on its way to the disk lies lower: another time.
  if (feed.floor !== storedFloor) return storedFloor
  let low = storedFloor
  let high = last
  while (low < high) {
    const middle = (low + high) >>> 1
    const [id] = await feedRun(store, feed, middle, 1)
    // An event that is in no index yet came just now.
    if (id !== undefined && isBefore(channel, id)) low = middle + 1
    else high = middle
  }
  return low
}

/** Removes what lies below the floors. Returns false when the log closed before all was gone. */
export async function sweep(parts: RetentionParts, channel: Channel): Promise<boolean> {
  const { begins } = channel
  if (begins === undefined) return true
  for (const pass of [sweepEvents, sweepRelations, sweepWanted, sweepSeals, sweepFeedRuns, sweepChannelRuns]) {
    for await (const operations of pass(parts, channel, bytesOf(begins))) {
      if (parts.isEnding()) return false
      if (operations.length > 0) await parts.store.commit(operations)
      await new Promise<void>((resolve) => parts.timers.soon(resolve))
    }
  }
  return true
}

/** Events before the beginning, but for those from the floor of their feed on: the last of a feed may be so old. */
async function* sweepEvents({ store, table, hash }: RetentionParts, channel: Channel, end: Uint8Array): Sweep {
  const { bytes } = channel
  const readEvent = createEventReader(hash)
  for await (const records of recordsIn(store, eventKey(bytes, lowestId), eventKey(bytes, end))) {
    const operations: Operation[] = []
    for (const [key, value] of records) {
      const { id, feed, seq } = readEvent(table(), table().channel(channel.id), value).entry
      if (seq >= (table().feeds.get(feed)?.storedFloor ?? 0)) continue
      operations.push({ type: 'del', key }, { type: 'del', key: redactionKey(bytesOf(id)) })
    }
    yield operations
  }
}

/** What an event that is gone was about. */
async function* sweepRelations({ store }: RetentionParts, { bytes }: Channel, end: Uint8Array): Sweep {
  for (let kind = 0; kind < 256;) {
    const [first] = await store.entries({
      gte: relationKey(bytes, kind, lowestId),
      lt: Buffer.concat([Buffer.from('t'), bytes, Uint8Array.of(0xff, 0xff)]),
      limit: 1,
    })
    if (first === undefined) return
    kind = first[0][1 + idBytes] ?? 255
    const about = 1 + idBytes + 1 + idBytes
    for await (const records of recordsIn(store, first[0], relationKey(bytes, kind, end))) {
      const values = await store.getMany(records.map(([key]) => eventKey(bytes, key.subarray(about))))
      yield records.flatMap(([key], at): Operation[] => (values[at] ? [] : [{ type: 'del', key }]))
    }
    kind++
  }
}

/** Bodies that were to go have gone. */
async function* sweepWanted({ store }: RetentionParts, { bytes }: Channel, end: Uint8Array): Sweep {
  const prefix = Buffer.concat([Buffer.from('w'), bytes])
  for await (const records of recordsIn(store, prefix, Buffer.concat([prefix, end]))) {
    yield records.map(([key]): Operation => ({ type: 'del', key }))
  }
}

async function* sweepSeals({ store }: RetentionParts, { feeds }: Channel): Sweep {
  for (const { bytes, storedFloor } of feeds) {
    for await (const records of recordsIn(store, sealKey(bytes, 0), sealKey(bytes, storedFloor))) {
      yield records.map(([key]): Operation => ({ type: 'del', key }))
    }
  }
}

/** Runs that end below the floor; one that reaches over it stays as it is. */
async function* sweepFeedRuns({ store }: RetentionParts, { feeds }: Channel): Sweep {
  for (const { bytes, storedFloor } of feeds) {
    for await (const records of recordsIn(store, feedRunKey(bytes, 0), feedRunKey(bytes, storedFloor))) {
      yield records.flatMap(([key, run]): Operation[] =>
        readPosition(key, key.length - positionBytes) + run.length / idBytes <= storedFloor
          ? [{ type: 'del', key }]
          : [],
      )
    }
  }
}

/** Runs of which no event is left. */
async function* sweepChannelRuns({ store }: RetentionParts, channel: Channel): Sweep {
  const { bytes } = channel
  const last = Buffer.concat([Buffer.from('c'), bytes, Buffer.alloc(positionBytes + 1, 0xff)])
  for await (const records of recordsIn(store, channelRunKey(bytes, 0), last)) {
    const operations: Operation[] = []
    for (const [key, run] of records) {
      if (idsOf(run).some((id) => id === undefined || !isBefore(channel, id))) continue
      const values = await store.getMany(
        idsOf(run).map((id) => eventKey(bytes, id === undefined ? lowestId : bytesOf(id))),
      )
      if (values.every((value) => value === undefined)) operations.push({ type: 'del', key })
    }
    yield operations
  }
}

type Sweep = AsyncGenerator<Operation[]>

const idsOf = (run: Uint8Array): (EventId | undefined)[] =>
  Array.from({ length: Math.floor(run.length / channelRunItemBytes) }, (_, index) =>
    readEventId(run, index * channelRunItemBytes + positionBytes),
  )

/** One short range read after another; what one found may be gone when the next is made. */
async function* recordsIn(
  store: Store,
  from: Uint8Array,
  lt: Uint8Array,
): AsyncGenerator<[key: Uint8Array, value: Uint8Array][]> {
  let gte = from
  for (;;) {
    const records = Buffer.compare(gte, lt) < 0 ? await store.entries({ gte, lt, limit: recordsMax }) : []
    yield records
    const last = records.at(-1)
    if (!last || records.length < recordsMax) return
    gte = Buffer.concat([last[0], Buffer.alloc(1)])
  }
}

/** In one batch, so that live traffic never waits for more than that. */
const recordsMax = 256
