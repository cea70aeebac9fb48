/** The indexes as they are stored: packed runs, read from the last one that begins early enough. */
import { readEventId } from '../../spec/event-id.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { formatUuid } from '../../spec/uuid.ts'
import type { Store } from '../store/store.ts'
import { isBefore, type Channel, type Feed, type FeedTable } from './feed-table.ts'
import {
  arrivalItemBytes,
  arrivalKey,
  channelRunItemBytes,
  channelRunKey,
  digestBytes,
  feedRunKey,
  idBytes,
  positionBytes,
  tagBytes,
} from './keys.ts'

export interface ArrivedAt {
  readonly position: number
  readonly channel: Channel
  readonly id: EventId
}

/** One batch as it was committed. */
export interface Arrival {
  readonly first: number
  readonly count: number
  readonly digest: Uint8Array
  /** `count` times channel, event id, tag. */
  readonly items: Uint8Array
}

export function readArrival([key, value]: readonly [Uint8Array, Uint8Array]): Arrival {
  const items = value.subarray(digestBytes)
  const first = readPosition(key, key.length - positionBytes)
  if (items.length % arrivalItemBytes !== 0 || items.length === 0) throw broken(`the arrival record ${first}`)
  return { first, count: items.length / arrivalItemBytes, digest: value.subarray(0, digestBytes), items }
}

export function arrivalItem(items: Uint8Array, index: number) {
  const at = index * arrivalItemBytes
  const id = readEventId(items, at + idBytes)
  if (id === undefined) throw broken('an arrival record')
  return {
    channel: formatUuid(items, at) as ChannelId,
    id,
    tag: items.subarray(at + 2 * idBytes, at + 2 * idBytes + tagBytes),
  }
}

/** The arrival record that holds `position`, if any does. */
export async function arrivalAt(store: Store, position: number): Promise<Arrival | undefined> {
  const [found] = await store.entries({
    gte: arrivalKey(0),
    lt: arrivalKey(position + 1),
    reverse: true,
    limit: 1,
  })
  const arrival = found && readArrival(found)
  return arrival && position < arrival.first + arrival.count ? arrival : undefined
}

/** Events at `from + 1` to `to` that are not gone (FEED-7), at most `limit`, in arrival order. Throws CORRUPT where a position is missing. */
export async function arrivalsAfter(
  store: Store,
  table: FeedTable,
  from: number,
  to: number,
  limit: number,
): Promise<ArrivedAt[]> {
  const found: ArrivedAt[] = []
  const start = await arrivalAt(store, from + 1)
  let next = start?.first ?? from + 1
  while (found.length < limit && next <= to) {
    const records = await store.entries({ gte: arrivalKey(next), lt: arrivalKey(to + 1), limit: 256 })
    if (records.length === 0) throw broken(`position ${next} is missing: the arrival index`)
    for (const record of records) {
      const { first, count, items } = readArrival(record)
      if (first !== next) throw broken(`positions ${next} to ${first - 1} are missing: the arrival index`)
      next = first + count
      for (let index = 0; index < count && found.length < limit; index++) {
        const position = first + index
        if (position <= from || position > to) continue
        const { channel: channelId, id } = arrivalItem(items, index)
        const channel = table.channel(channelId)
        if (!isBefore(channel, id)) found.push({ position, channel, id })
      }
    }
  }
  return found
}

/** As `arrivalsAfter`, of one channel. */
export async function channelRunsAfter(
  store: Store,
  channel: Channel,
  from: number,
  to: number,
  limit: number,
): Promise<ArrivedAt[]> {
  const [start] = await store.entries({
    gte: channelRunKey(channel.bytes, 0),
    lt: channelRunKey(channel.bytes, from + 2),
    reverse: true,
    limit: 1,
  })
  const found: ArrivedAt[] = []
  let gte: Uint8Array = start ? start[0] : channelRunKey(channel.bytes, from + 1)
  const lt = channelRunKey(channel.bytes, to + 1)
  while (found.length < limit) {
    const runs = await store.entries({ gte, lt, limit: 16 })
    for (const [key, run] of runs) {
      if (run.length % channelRunItemBytes !== 0) throw broken(`the index of channel ${channel.id}`)
      for (let at = 0; at < run.length && found.length < limit; at += channelRunItemBytes) {
        const position = readPosition(run, at)
        if (position <= from || position > to) continue
        const id = readEventId(run, at + positionBytes)
        if (id === undefined) throw broken(`the index of channel ${channel.id}`)
        if (!isBefore(channel, id)) found.push({ position, channel, id })
      }
      gte = Buffer.concat([key, Buffer.alloc(1)])
    }
    if (runs.length < 16) break
  }
  return found
}

/** As `channelRunsAfter`, but the last `limit` of them; `to + 1` is where a run begins, or past the last one. */
export async function newestOfChannel(
  store: Store,
  channel: Channel,
  from: number,
  to: number,
  limit: number,
): Promise<ArrivedAt[]> {
  const newestFirst: ArrivedAt[] = []
  const gte = channelRunKey(channel.bytes, 0)
  let lt: Uint8Array = channelRunKey(channel.bytes, to + 1)
  while (newestFirst.length < limit) {
    const runs = await store.entries({ gte, lt, reverse: true, limit: 16 })
    for (const [key, run] of runs) {
      if (run.length % channelRunItemBytes !== 0) throw broken(`the index of channel ${channel.id}`)
      for (let at = run.length; at > 0 && newestFirst.length < limit;) {
        at -= channelRunItemBytes
        const position = readPosition(run, at)
        if (position <= from) return newestFirst.reverse()
        const id = readEventId(run, at + positionBytes)
        if (id === undefined) throw broken(`the index of channel ${channel.id}`)
        if (!isBefore(channel, id)) newestFirst.push({ position, channel, id })
      }
      lt = key
    }
    if (runs.length < 16) break
  }
  return newestFirst.reverse()
}

/** Ids of a feed's events from a sequence number on, at most `limit`: as far as the stored runs go. */
export async function feedRun(store: Store, feed: Feed, from: number, limit: number): Promise<EventId[]> {
  const [start] = await store.entries({
    gte: feedRunKey(feed.bytes, 0),
    lt: feedRunKey(feed.bytes, from + 1),
    reverse: true,
    limit: 1,
  })
  const ids: EventId[] = []
  let gte: Uint8Array = feedRunKey(feed.bytes, from)
  const take = ([key, run]: readonly [Uint8Array, Uint8Array]): void => {
    const first = readPosition(key, key.length - positionBytes)
    if (run.length % idBytes !== 0) throw broken(`the index of feed ${feed.id}`)
    let next = from + ids.length
    for (let at = Math.max(0, next - first) * idBytes; at < run.length && ids.length < limit; at += idBytes) {
      if (first + at / idBytes !== next) throw broken(`event ${next} is missing: the index of feed ${feed.id}`)
      const id = readEventId(run, at)
      if (id === undefined) throw broken(`the index of feed ${feed.id}`)
      ids.push(id)
      next++
    }
    gte = Buffer.concat([key, Buffer.alloc(1)])
  }
  if (start) take(start)
  while (ids.length < limit) {
    const runs = await store.entries({ gte, lt: feedRunKey(feed.bytes, from + limit), limit: 16 })
    for (const run of runs) take(run)
    if (runs.length < 16) break
  }
  return ids
}

export const readPosition = (bytes: Uint8Array, at: number): number =>
  Buffer.from(bytes.buffer, bytes.byteOffset + at, positionBytes).readUIntBE(0, positionBytes)

const broken = (what: string): HearthError =>
  new HearthError('CORRUPT', `${what} is damaged; run \`hearth log verify\`, then restore a backup`)
