import { equalBytes } from '../../spec/bytes.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import { HearthError } from '../../spec/errors.ts'
import { zeroHash } from '../../spec/feed.ts'
import { parseUuid } from '../../spec/uuid.ts'
import type { Store } from '../store/store.ts'
import { createEventReader, type EventReader, type StoredEvent } from './event-reader.ts'
import { corrupt } from './event-value.ts'
import { takeBeginning } from './beginning-record.ts'
import { bytesOf, extend, FeedTable, isBefore } from './feed-table.ts'
import { takeHead } from './head-record.ts'
import type { Mark } from './high-water.ts'
import { arrivalKey, checkpointKey, eventKey, kindRange, positionBytes, tagBytes } from './keys.ts'
import { arrivalAt, arrivalItem, readArrival, readPosition, type Arrival } from './runs.ts'

export interface Recovered {
  readonly table: FeedTable
  readonly position: number
  readonly digest: Uint8Array
}

/**
 * Reads the log's memory from the store: the heads of the last checkpoint, then every batch after it, each
 * event checked and linked (FEED-3, FEED-4). Throws CORRUPT for a hole, a missing event or a broken link.
 */
export async function recover(store: Store, hash: Sha256): Promise<Recovered> {
  const table = new FeedTable(hash)
  const readEvent = createEventReader(hash)
  for (const record of await store.entries(kindRange('b'))) takeBeginning(table, record)
  for (const record of await store.entries(kindRange('h'))) takeHead(table, record)
  const stored = await store.get(checkpointKey)
  let position = stored ? readPosition(stored, 0) : 0
  const last = position > 0 ? await arrivalAt(store, position) : undefined
  if (position > 0 && last?.first !== position - (last?.count ?? 0) + 1) throw hole(position)
  let digest: Uint8Array = last ? last.digest.slice() : zeroHash
  for (;;) {
    const records = await store.entries({ gte: arrivalKey(position + 1), lt: kindRange('a').lt, limit: 64 })
    if (records.length === 0) break
    for (const record of records) {
      const arrival = readArrival(record)
      if (arrival.first !== position + 1) throw hole(position + 1)
      await replay(store, readEvent, table, arrival)
      digest = arrivalDigest(hash, digest, arrival.items)
      if (!equalBytes(digest, arrival.digest)) throw hole(arrival.first)
      position += arrival.count
    }
  }
  assertCounted(table, position)
  return { table, position, digest }
}

/** Every position is one event of one feed, and feeds have no holes: so the heads tell how many there are. */
function assertCounted(table: FeedTable, position: number): void {
  let events = 0
  for (const { stored, storedFloor, dropped } of table.feeds.values()) {
    if (stored.seq > 0) events += stored.seq - storedFloor + 1 + dropped
  }
  if (events === position) return
  throw new HearthError(
    'CORRUPT',
    `the records of the feeds tell of ${events} events, the positions of ${position}; run \`hearth log verify\`, then restore a backup`,
  )
}

/** Throws CORRUPT when the log is behind its mark, or is another log. */
export async function assertReaches(store: Store, { position }: { position: number }, mark: Mark): Promise<void> {
  const advice =
    'restore a backup (`hearth backup restore`), or go on without what is missing (`hearth log accept-loss`)'
  if (mark.position > position) {
    throw new HearthError(
      'CORRUPT',
      `the log ends at position ${position}, but ${mark.position} were on disk: ${mark.position - position} events are missing; ${advice}`,
    )
  }
  if (mark.position === 0) return
  const arrival = await arrivalAt(store, mark.position)
  const isSame =
    arrival !== undefined &&
    arrival.first + arrival.count - 1 === mark.position &&
    equalBytes(arrival.digest, mark.digest)
  if (!isSame) {
    throw new HearthError(
      'CORRUPT',
      `the log differs from what was on disk at position ${mark.position}: it is of another time or another node; ${advice}`,
    )
  }
}

/** Covers the batches before and, by the tags, the hash of every event of this one. */
export function arrivalDigest(hash: Sha256, before: Uint8Array, items: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(before.length + items.length)
  bytes.set(before)
  bytes.set(items, before.length)
  return hash(bytes)
}

async function replay(store: Store, readEvent: EventReader, table: FeedTable, arrival: Arrival): Promise<void> {
  const items = Array.from({ length: arrival.count }, (_, index) => arrivalItem(arrival.items, index))
  const values = await store.getMany(
    items.map(({ channel, id }) => eventKey(parseUuid(channel) ?? zeroHash, bytesOf(id))),
  )
  items.forEach(({ channel: channelId, id, tag }, index) => {
    const channel = table.channel(channelId)
    const value = values[index]
    if (!value) throw corrupt(channel, id, 'the event is missing')
    const found = readEvent(table, channel, value)
    const inPlace = found.entry.id === id && found.entry.position === arrival.first + index
    if (!inPlace || !equalBytes(value.subarray(positionBytes, positionBytes + tagBytes), tag)) {
      throw corrupt(channel, id, 'the event is not the one that was appended')
    }
    takeEvent(table, found)
  })
}

/** In the order of arrival: the next of its feed, the first, or one below the floor. */
function takeEvent(table: FeedTable, { entry, prevHash: prev, hash }: StoredEvent): void {
  const channel = table.channel(entry.channel)
  const feed = table.feeds.get(entry.feed)
  if (!feed) throw corrupt(channel, entry.id, 'the feed is not known')
  const { stored } = feed
  if (stored.seq > 0 && entry.seq > stored.seq) {
    const linked = entry.seq === stored.seq + 1 && equalBytes(prev, stored.hash)
    const restarts = entry.seq > stored.seq + 1 && stored.id !== undefined && isBefore(channel, stored.id)
    if (!linked && !restarts) throw corrupt(channel, entry.id, 'the event is not linked to the one before it')
  }
  extend(table, {
    entry,
    feed,
    key: eventKey(channel.bytes, bytesOf(entry.id)),
    prev,
    point: { feed: feed.id, seq: entry.seq, hash, id: entry.id },
  })
  feed.head = feed.stored
}

const hole = (position: number): HearthError =>
  new HearthError(
    'CORRUPT',
    `the log has a hole at position ${position}; run \`hearth log verify\`, then restore a backup`,
  )
