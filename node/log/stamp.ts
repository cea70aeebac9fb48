/**
 * The hot path: one buffer holds the store's key, the value's prefix and the raw event, written once.
 * Byte for byte what `encodeEvent(encodeHeader(…))` of spec/event.ts gives (EVENT-1 to EVENT-5); a test holds it to that.
 */
import { decodeBase32Into } from '../../spec/base32.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import { HearthError } from '../../spec/errors.ts'
import { isEventType } from '../../spec/event.ts'
import { eventIdHead, joinEventId, writeEventId, type EventIdTail } from '../../spec/event-id.ts'
import type { Stamp } from '../../spec/hybrid-clock.ts'
import type { EventId, MemberId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { writeTag } from './event-value.ts'
import type { Feed } from './feed-table.ts'
import { eventKeyBytes, eventPrefixBytes, positionBytes } from './keys.ts'
import type { Draft, Entry } from './log.ts'

export interface Stamped {
  readonly entry: Entry
  readonly key: Buffer
  readonly value: Buffer
  /** 32 bytes: hash of the header. */
  readonly hash: Uint8Array
}

export type Stamper = (feed: Feed, draft: Draft, position: number, moment: Stamp) => Stamped

/** `feed.head` is what the event is chained to; the caller moves it. Throws EVENT_INVALID (EVENT-4, EVENT-7). */
export function createStamper({ hash, random }: { hash: Sha256; random: (length: number) => Uint8Array }): Stamper {
  const items = createItems()
  const salts = createSalts(random)
  const idOf = createIds()
  return (feed, draft, position, moment) => {
    const { body } = draft
    const seq = feed.head.seq + 1
    const member = items.member(draft.member)
    const auth = items.auth(draft.auth)
    const type = items.type(draft.type)
    const headerLength = fixedBytes + uintBytes(seq) + member.length + auth.length + type.length
    const rawLength = 1 + uintBytes(headerLength) + headerLength + 17 + uintBytes(body.length) + body.length
    if (rawLength > limits.eventBytesMax) {
      throw new HearthError('EVENT_INVALID', `the event has ${rawLength} bytes, ${limits.eventBytesMax} are allowed`)
    }
    const all = Buffer.allocUnsafe(eventKeyBytes + eventPrefixBytes + rawLength)
    const rawAt = eventKeyBytes + eventPrefixBytes
    all[rawAt] = 0x83
    const headerAt = writeUint(all, rawAt + 1, 0x40, headerLength)
    const saltAt = headerAt + headerLength + 1
    const bodyAt = all.length - body.length

    // The salt goes right before the body for the hash, then to its own place, and the body's head over it.
    salts.draw(all, bodyAt - 16)
    all.set(body, bodyAt)
    const bodyHash = hash(all.subarray(bodyAt - 16))
    all[saltAt - 1] = bytes16
    salts.write(all, saltAt)
    writeUint(all, saltAt + 16, 0x40, body.length)

    all[headerAt] = 0x89
    all[headerAt + 1] = 1
    all[headerAt + 2] = bytes16
    all.set(feed.bytes, headerAt + 3)
    let at = writeUint(all, headerAt + 19, 0, seq)
    at = writeHash(all, at, feed.head.hash)
    all[at] = bytes16
    const idAt = at + 1
    all.writeUIntBE(moment.ms, idAt, 6)
    all[idAt + 6] = 0x70 | (moment.counter >>> 8)
    all[idAt + 7] = moment.counter
    all.set(feed.tailBytes, idAt + 8)
    all.set(member, idAt + 16)
    at = idAt + 16 + member.length
    all.set(auth, at)
    at += auth.length
    all.set(type, at)
    writeHash(all, at + type.length, bodyHash)
    const eventHash = hash(all.subarray(headerAt, headerAt + headerLength))

    all[0] = 0x65
    all.set(feed.channel.bytes, 1)
    all.copyWithin(17, idAt, idAt + 16)
    all.writeUIntBE(position, eventKeyBytes, positionBytes)
    writeTag(all, eventKeyBytes + positionBytes, eventHash, position)
    return {
      key: all.subarray(0, eventKeyBytes),
      value: all.subarray(eventKeyBytes),
      hash: eventHash,
      entry: {
        position,
        id: idOf(moment, feed.tail),
        channel: feed.origin.channel,
        feed: feed.id,
        seq,
        node: feed.origin.node,
        member: draft.member,
        auth: draft.auth,
        type: draft.type,
        body: all.subarray(bodyAt),
        raw: all.subarray(rawAt),
      },
    }
  }
}

/** CBOR items of the members, grants and types that keep coming. */
function createItems() {
  const members = new Map<MemberId, Uint8Array>()
  const auths = new Map<EventId | undefined, Uint8Array>([[undefined, Uint8Array.of(0xf6)]])
  const types = new Map<string, Uint8Array>()
  return {
    member: (id: MemberId): Uint8Array =>
      remembered(members, id, () => {
        const item = new Uint8Array(17)
        item[0] = bytes16
        decodeBase32Into(item, 1, id)
        return item
      }),
    auth: (id: EventId | undefined): Uint8Array =>
      remembered(auths, id, () => {
        const item = new Uint8Array(17)
        item[0] = bytes16
        if (id !== undefined) writeEventId(item, 1, id)
        return item
      }),
    type: (type: string): Uint8Array =>
      remembered(types, type, () => {
        if (!isEventType(type)) throw new HearthError('EVENT_INVALID', `the event type ${type} is malformed`)
        const item = Buffer.alloc(uintBytes(type.length) + type.length)
        item.write(type, writeUint(item, 0, 0x60, type.length), 'latin1')
        return item
      }),
  }
}

const rememberedMax = 10_000

function remembered<K>(items: Map<K, Uint8Array>, key: K, make: () => Uint8Array): Uint8Array {
  const known = items.get(key)
  if (known) return known
  const item = make()
  if (items.size < rememberedMax) items.set(key, item)
  return item
}

/** Ids of one ms begin alike. */
function createIds(): (moment: Stamp, tail: EventIdTail) => EventId {
  let ms = -1
  let head = ''
  return (moment, tail) => {
    if (moment.ms !== ms) {
      ms = moment.ms
      head = eventIdHead(ms)
    }
    return joinEventId(head, moment.counter, tail)
  }
}

/** 16 random bytes for each event, fetched many at a time. */
function createSalts(random: (length: number) => Uint8Array) {
  let pool = new Uint8Array(0)
  let at = 0
  const write = (target: Buffer, to: number): void => {
    for (let index = 0; index < 16; index++) target[to + index] = pool[at + index] ?? 0
  }
  return {
    write,
    /** Writes the next salt; `write` then writes it again. */
    draw(target: Buffer, to: number): void {
      at += 16
      if (at >= pool.length) {
        pool = Uint8Array.from(random(16 * 256))
        at = 0
      }
      write(target, to)
    },
  }
}

const uintBytes = (value: number): number =>
  value < 24 ? 1 : value < 0x100 ? 2 : value < 0x1_0000 ? 3 : value < 0x1_0000_0000 ? 5 : 9

function writeUint(target: Buffer, at: number, major: number, value: number): number {
  if (value < 24) {
    target[at] = major | value
    return at + 1
  }
  if (value < 0x100) {
    target[at] = major | 24
    return target.writeUInt8(value, at + 1)
  }
  if (value < 0x1_0000) {
    target[at] = major | 25
    return target.writeUInt16BE(value, at + 1)
  }
  if (value < 0x1_0000_0000) {
    target[at] = major | 26
    return target.writeUInt32BE(value, at + 1)
  }
  target[at] = major | 27
  return target.writeBigUInt64BE(BigInt(value), at + 1)
}

function writeHash(target: Buffer, at: number, hash: Uint8Array): number {
  target[at] = 0x58
  target[at + 1] = 32
  target.set(hash, at + 2)
  return at + 34
}

const bytes16 = 0x50
/** Of a header, all but seq, member, auth and type. */
const fixedBytes = 2 + 17 + 34 + 17 + 34
