import { decodeBase32 } from '../../spec/base32.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import { eventIdTail, type EventIdTail } from '../../spec/event-id.ts'
import { feedIdOf, zeroHash, type FeedOrigin, type FeedPoint } from '../../spec/feed.ts'
import type { ChannelId, EventId, FeedId, NodeId } from '../../spec/ids.ts'
import { parseUuid } from '../../spec/uuid.ts'
import type { Entry, FeedVersion } from './log.ts'

/** What the log knows of a feed without reading. `floor` and `head` move when an event is stamped, `stored…` when it is durable. */
export interface Feed {
  readonly id: FeedId
  readonly bytes: Uint8Array
  readonly origin: FeedOrigin
  readonly channel: Channel
  /** End of every event id of this feed, as text and in bytes. */
  readonly tail: EventIdTail
  readonly tailBytes: Uint8Array
  floor: number
  storedFloor: number
  /** Hash before the event `floor`: what a backfill must end in. */
  floorPrev: Uint8Array
  storedFloorPrev: Uint8Array
  head: FeedPoint
  stored: FeedPoint
  /** The last seal that is stored covers up to here. */
  sealed: number
  /** Of this node's own feeds: where that seal of this process is. */
  sealedAt: FeedPoint
  /** Events that were here and that retention has dropped. */
  dropped: number
  /** What lies below the floor lies before the beginning of the channel: nobody needs to be asked for it. */
  isWhole: boolean
  /** Its record in the store is older than this object. */
  dirty: boolean
}

export interface Channel {
  readonly id: ChannelId
  readonly bytes: Uint8Array
  readonly feeds: Feed[]
  /** The feed of this process; opened at the first write (FEED-2). */
  own: Feed | undefined
  /** Of the newest durable event. */
  position: number
  /** Durable events since the last checkpoint, in arrival order. */
  recent: Extension[]
  /** FEED-7: events with a lower id are neither shown nor taken. Undefined: there is no such id. */
  begins: EventId | undefined
  /** Why it begins there, and up to where the events before are gone from the disk. */
  cleared: { readonly because: EventId; readonly to: EventId | undefined } | undefined
}

/** Everything that is kept in memory: small per feed and per channel, nothing per event but the newest. */
export class FeedTable {
  readonly channels: Map<ChannelId, Channel> = new Map()
  readonly feeds: Map<FeedId, Feed> = new Map()
  /** Durable events since the last checkpoint, in arrival order. */
  recent: Extension[] = []
  readonly #byTail = new Map<string, Feed[]>()
  readonly #hash: Sha256

  constructor(hash: Sha256) {
    this.#hash = hash
  }

  channel(id: ChannelId): Channel {
    const known = this.channels.get(id)
    if (known) return known
    const channel: Channel = {
      id,
      bytes: bytesOf(id),
      feeds: [],
      own: undefined,
      position: 0,
      recent: [],
      begins: undefined,
      cleared: undefined,
    }
    this.channels.set(id, channel)
    return channel
  }

  /** The feed of this origin, made when it is new here. */
  open(origin: FeedOrigin): Feed {
    const id = feedIdOf(this.#hash, origin)
    const known = this.feeds.get(id)
    if (known) return known
    const channel = this.channel(origin.channel)
    const bytes = decodeBase32(id) ?? zeroHash
    const tail = eventIdTail(this.#hash, bytes)
    const start: FeedPoint = { feed: id, seq: 0, hash: zeroHash }
    const feed: Feed = {
      id,
      bytes,
      origin,
      channel,
      tail,
      tailBytes: Buffer.from(tail.replaceAll('-', ''), 'hex'),
      floor: 1,
      storedFloor: 1,
      floorPrev: zeroHash,
      storedFloorPrev: zeroHash,
      head: start,
      stored: start,
      sealed: 0,
      sealedAt: start,
      dropped: 0,
      isWhole: false,
      dirty: true,
    }
    this.feeds.set(id, feed)
    channel.feeds.push(feed)
    this.#byTail.set(tail, [...(this.#byTail.get(tail) ?? []), feed])
    return feed
  }

  /** The channels that an event of this id can be in: one, unless two feeds agree in 62 bits of hash. */
  channelsOf(id: EventId): Set<Channel> {
    return new Set((this.#byTail.get(id.slice(18)) ?? []).map(({ channel }) => channel))
  }

  /** An event that is still kept in memory was changed in the store. */
  replace(entry: Entry): void {
    const swap = (old: Extension): Extension => (old.entry.id === entry.id ? { ...old, entry } : old)
    const channel = this.channel(entry.channel)
    channel.recent = channel.recent.map(swap)
    this.recent = this.recent.map(swap)
  }

  versions(channel: ChannelId | undefined): FeedVersion[] {
    return this.#versions(channel, ({ stored }) => stored)
  }

  /** Events of others come with their seals; of the node's own, the newest may have none yet. */
  sealedVersions(channel: ChannelId | undefined, node: NodeId): FeedVersion[] {
    return this.#versions(channel, ({ origin, sealed, sealedAt, stored }) =>
      origin.node === node && sealed < stored.seq ? sealedAt : stored,
    )
  }

  #versions(channel: ChannelId | undefined, headOf: (feed: Feed) => FeedPoint): FeedVersion[] {
    const feeds = channel === undefined ? this.feeds.values() : (this.channels.get(channel)?.feeds ?? [])
    const versions: FeedVersion[] = []
    for (const feed of feeds) {
      const { seq, hash, id } = headOf(feed)
      if (id === undefined || seq < feed.storedFloor) continue
      const { id: name, origin, storedFloor: floor } = feed
      const isWhole = floor === 1 || feed.isWhole
      versions.push({ feed: name, ...origin, floor, head: seq, headHash: hash, headId: id, isWhole })
    }
    return versions
  }
}

/** Ids are branded, so they are well formed. */
export const bytesOf = (id: ChannelId | EventId): Uint8Array => Buffer.from(parseUuid(id) ?? zeroHash.subarray(16))

/** A durable event moves its feed on, or its floor down. */
export function extend(table: FeedTable, extension: Extension): void {
  const { entry, feed, point, prev } = extension
  if (entry.seq > feed.stored.seq + 1 && feed.stored.seq > 0) restart(extension)
  else if (feed.stored.seq === 0 || entry.seq < feed.storedFloor) {
    feed.storedFloor = entry.seq
    feed.storedFloorPrev = prev
    // When the log is read again nothing is stamped ahead; otherwise what is may lie further down already.
    if (feed.head.seq === 0 || entry.seq <= feed.floor) {
      feed.floor = entry.seq
      feed.floorPrev = prev
    }
  }
  if (entry.seq > feed.stored.seq) feed.stored = point
  feed.dirty = true
  feed.channel.position = entry.position
  feed.channel.recent.push(extension)
  table.recent.push(extension)
}

/** FEED-7: all that was here of a feed lies before the beginning of the channel; it goes on past a hole. */
function restart({ entry, feed, prev }: Extension): void {
  feed.dropped += feed.stored.seq - feed.storedFloor + 1
  feed.storedFloor = entry.seq
  feed.storedFloorPrev = prev
  // When the log is read again nothing is stamped ahead.
  if (feed.head.seq < entry.seq) {
    feed.floor = entry.seq
    feed.floorPrev = prev
  }
}

/** Does this event lie before the beginning of its channel? */
export const isBefore = ({ begins }: Channel, id: EventId): boolean => begins !== undefined && id < begins

export interface Extension {
  readonly entry: Entry
  readonly feed: Feed
  /** Under which the event is stored: its id is the end. */
  readonly key: Buffer
  readonly point: FeedPoint
  /** Hash before the event. */
  readonly prev: Uint8Array
}
