/**
 * The other hot path: stored values back into entries, every byte checked. The tag vouches for the header, so that
 * its fields are taken from where EVENT-2 puts them; everything else is compared with the one way to write it.
 */
import { encodeBase32 } from '../../spec/base32.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import type { EventId, FeedId, MemberId } from '../../spec/ids.ts'
import { formatUuid } from '../../spec/uuid.ts'
import { corrupt, writeTag } from './event-value.ts'
import type { Channel, Feed, FeedTable } from './feed-table.ts'
import { eventPrefixBytes, positionBytes, tagBytes } from './keys.ts'
import type { Entry } from './log.ts'

export interface StoredEvent {
  readonly entry: Entry
  readonly prevHash: Uint8Array
  readonly hash: Uint8Array
}

/** Throws CORRUPT, with channel and event, for any value but one that the log wrote for an event of this channel. */
export type EventReader = (table: FeedTable, channel: Channel, value: Uint8Array) => StoredEvent

export function createEventReader(hash: Sha256): EventReader {
  const names = createNames()
  const tag = new Uint8Array(tagBytes)
  let salted = Buffer.alloc(4_096)

  return (table, channel, stored) => {
    const value = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
    const headerAt = eventPrefixBytes + 3
    const headerEnd = headerAt + (value[headerAt - 1] ?? 0)
    const isEvent = value[eventPrefixBytes] === 0x83 && value[eventPrefixBytes + 1] === 0x58
    if (!isEvent || headerEnd < headerAt + headerBytesMin || headerEnd >= value.length) {
      throw corrupt(channel, undefined, 'an event does not decode')
    }
    const eventHash = hash(value.subarray(headerAt, headerEnd))
    const position = value.readUIntBE(0, positionBytes)
    writeTag(tag, 0, eventHash, position)
    for (let at = 0; at < tagBytes; at++) {
      if (value[positionBytes + at] !== tag[at]) throw corrupt(channel, undefined, 'a header does not match its hash')
    }

    const feed = names.feed(table, value, headerAt + 3)
    let at = headerAt + 19
    const seq = readUint(value, at)
    at += uintBytes(value, at)
    const prevHash = value.subarray(at + 2, at + 34)
    at += 34
    const id = formatUuid(value, at + 1) as EventId
    const member = names.member(value, at + 18)
    at += 34
    const hasAuth = value[at] === bytes16
    const auth = hasAuth ? names.auth(value, at + 1) : undefined
    at += hasAuth ? 17 : 1
    const typeLength = readUint(value, at)
    at += uintBytes(value, at)
    const type = names.type(value, at, typeLength)
    const bodyHashAt = at + typeLength + 2
    if (feed?.channel !== channel) throw corrupt(channel, id, 'the event names a feed that is not known here')

    const body = readBody(value, headerEnd, bodyHashAt, (what) => corrupt(channel, id, what))
    return {
      prevHash,
      hash: eventHash,
      entry: {
        position,
        id,
        channel: channel.id,
        feed: feed.id,
        seq,
        node: feed.origin.node,
        member,
        auth,
        type,
        body,
        raw: value.subarray(eventPrefixBytes),
      },
    }
  }

  /** Salt and body, or two nulls once redacted (EVENT-6). */
  function readBody(
    value: Buffer,
    at: number,
    bodyHashAt: number,
    broken: (what: string) => Error,
  ): Buffer | undefined {
    if (value.length === at + 2 && value[at] === nullItem && value[at + 1] === nullItem) return undefined
    const headAt = at + 17
    const bodyAt = headAt + uintBytes(value, headAt)
    const length = value.length - bodyAt
    if (value[at] !== bytes16 || length < 0 || !isHead(value, headAt, 0x40, length))
      throw broken('the event does not decode')
    if (salted.length < 16 + length) salted = Buffer.alloc(2 * (16 + length))
    value.copy(salted, 0, at + 1, headAt)
    value.copy(salted, 16, bodyAt)
    const bodyHash = hash(salted.subarray(0, 16 + length))
    for (let index = 0; index < 32; index++) {
      if (value[bodyHashAt + index] !== bodyHash[index]) throw broken('the body does not match its hash')
    }
    return value.subarray(bodyAt)
  }
}

/** The feeds, members, grants and types that keep coming, by their bytes. */
function createNames() {
  const members = new Map<string, MemberId>()
  const auths = new Map<string, EventId>()
  const types = new Map<string, string>()
  let last: Feed | undefined
  return {
    feed(table: FeedTable, value: Buffer, at: number): Feed | undefined {
      if (last && value.compare(last.bytes, 0, 16, at, at + 16) === 0 && table.feeds.get(last.id) === last) return last
      last = table.feeds.get(encodeBase32(value.subarray(at, at + 16)) as FeedId)
      return last
    },
    member: (value: Buffer, at: number): MemberId =>
      named(
        members,
        value.toString('latin1', at, at + 16),
        () => encodeBase32(value.subarray(at, at + 16)) as MemberId,
      ),
    auth: (value: Buffer, at: number): EventId =>
      named(auths, value.toString('latin1', at, at + 16), () => formatUuid(value, at) as EventId),
    type: (value: Buffer, at: number, length: number): string => {
      const type = value.toString('latin1', at, at + length)
      return named(types, type, () => type)
    },
  }
}

const namesMax = 10_000

function named<T>(names: Map<string, T>, bytes: string, make: () => T): T {
  const known = names.get(bytes)
  if (known !== undefined) return known
  const name = make()
  if (names.size < namesMax) names.set(bytes, name)
  return name
}

/** The argument of a CBOR head, and how many bytes the head has. */
function readUint(value: Buffer, at: number): number {
  const minor = (value[at] ?? 0) & 31
  if (minor < 24) return minor
  if (minor === 24) return value.readUInt8(at + 1)
  if (minor === 25) return value.readUInt16BE(at + 1)
  if (minor === 26) return value.readUInt32BE(at + 1)
  return Number(value.readBigUInt64BE(at + 1))
}

function uintBytes(value: Buffer, at: number): number {
  const minor = (value[at] ?? 0) & 31
  return minor < 24 ? 1 : 1 + (1 << ((minor - 24) & 3))
}

/** Is this the shortest head of this major type and argument? */
function isHead(value: Buffer, at: number, major: number, argument: number): boolean {
  const minor = argument < 24 ? argument : argument < 0x100 ? 24 : argument < 0x1_0000 ? 25 : 26
  return value[at] === (major | minor) && readUint(value, at) === argument
}

const bytes16 = 0x50
const nullItem = 0xf6
/** A header without a grant and with the shortest type; the longest has under 256. */
const headerBytesMin = 124
