/**
 * Events (spec/event.md). `raw` is the CBOR array [headerBytes, salt, body]; it is made once, and the same bytes are
 * stored, signed for and forwarded (EVENT-1). The shape is fixed, so it is written and read by hand: the hot path.
 */
import { decodeBase32Into } from './base32.ts'
import { copyBytes, newBytes, type Allocate } from './bytes.ts'
import { CborReader } from './cbor-reader.ts'
import { headSize, nullItem, writeBytes, writeHead } from './cbor-writer.ts'
import type { Sha256 } from './crypto.ts'
import { HearthError } from './errors.ts'
import { writeEventId } from './event-id.ts'
import { plainNames, type HeaderNames } from './header-names.ts'
import type { EventId, FeedId, MemberId } from './ids.ts'
import { limits } from './limits.ts'

/** EVENT-2: what the chain and the seal cover. */
export interface EventHeader {
  readonly feed: FeedId
  /** 1, 2, 3 … without holes within a feed (FEED-3). */
  readonly seq: number
  /** 32 bytes: hash of the event before it in the feed; of the first event, zeros (FEED-4). */
  readonly prevHash: Uint8Array
  readonly id: EventId
  readonly member: MemberId
  /** The grant under which the author acts; undefined only in a genesis event. */
  readonly auth: EventId | undefined
  /** `[a-z][a-z0-9.-]{0,31}` (EVENT-4). */
  readonly type: string
  /** 32 bytes: `hashBody` (EVENT-5). */
  readonly bodyHash: Uint8Array
}

export interface DecodedEvent {
  readonly header: EventHeader
  /** What `hashEvent` hashes. A view of the raw bytes, like salt and body. */
  readonly headerBytes: Uint8Array
  /** 16 bytes; undefined together with the body once redacted (EVENT-6). */
  readonly salt: Uint8Array | undefined
  readonly body: Uint8Array | undefined
}

/** EVENT-2. The caller answers for the ids (branded, so checked) and the type (`isEventType`). */
export const encodeHeader = (header: EventHeader, allocate: Allocate = newBytes): Uint8Array => {
  const { seq, type } = header
  const bytes = allocate(
    fixedBytes + headSize(seq) + headSize(type.length) + type.length + (header.auth === undefined ? 1 : 17),
  )
  bytes[0] = arrayOf9
  bytes[1] = formatVersion
  bytes[2] = bytes16
  decodeBase32Into(bytes, 3, header.feed)
  let at = writeHead(bytes, 19, 0, seq)
  at = writeBytes32(bytes, at, header.prevHash)
  bytes[at] = bytes16
  writeEventId(bytes, at + 1, header.id)
  bytes[at + 17] = bytes16
  decodeBase32Into(bytes, at + 18, header.member)
  at += 34
  if (header.auth === undefined) bytes[at++] = nullItem
  else {
    bytes[at] = bytes16
    writeEventId(bytes, at + 1, header.auth)
    at += 17
  }
  at = writeHead(bytes, at, 0x60, type.length)
  for (let i = 0; i < type.length; i++) bytes[at++] = type.charCodeAt(i)
  writeBytes32(bytes, at, header.bodyHash)
  return bytes
}

/** Throws EVENT_INVALID for anything but the one encoding of EVENT-2. Of headers in a row, `names` keeps what they share. */
export const decodeHeader = (headerBytes: Uint8Array, names: HeaderNames = plainNames): EventHeader => {
  const reader = new CborReader(headerBytes)
  if (reader.array() !== 9) throw invalid('the header has not nine fields')
  if (reader.uint() !== formatVersion) throw invalid('the format version is not known')
  const feed = names.feed(headerBytes, reader.passBytesOf(16))
  const seq = reader.uint()
  if (seq < 1) throw invalid('the sequence number is not positive')
  const prevHash = reader.bytesOf(32)
  const id = anId(names.id(headerBytes, reader.passBytesOf(16)))
  const member = names.member(headerBytes, reader.passBytesOf(16))
  const auth = reader.skipNull() ? undefined : anId(names.auth(headerBytes, reader.passBytesOf(16)))
  const typeAt = reader.passText()
  const type = names.type(headerBytes, typeAt, reader.argument)
  if (type === undefined || !isEventType(type)) throw invalid('the type is malformed')
  const bodyHash = reader.bytesOf(32)
  reader.end()
  return { feed, seq, prevHash, id, member, auth, type, bodyHash }
}

/** EVENT-1. Throws EVENT_INVALID past 128 KiB (EVENT-7). */
export const encodeEvent = (
  headerBytes: Uint8Array,
  salt: Uint8Array,
  body: Uint8Array,
  allocate: Allocate = newBytes,
): Uint8Array => {
  const length = 1 + headSize(headerBytes.length) + headerBytes.length + 17 + headSize(body.length) + body.length
  if (length > limits.eventBytesMax) throw invalid(`it has ${length} bytes, ${limits.eventBytesMax} are allowed`)
  const raw = allocate(length)
  raw[0] = arrayOf3
  const at = writeBytes(raw, writeBytes(raw, 1, headerBytes), salt)
  writeBytes(raw, at, body)
  return raw
}

/** Throws EVENT_INVALID. Says nothing about hashes: `checkChain` of `feed.ts` does. */
export const decodeEvent = (raw: Uint8Array, names?: HeaderNames): DecodedEvent => {
  const { headerBytes, salt, body } = splitEvent(raw)
  return { header: decodeHeader(headerBytes, names), headerBytes, salt, body }
}

/** The three parts of an event, with its header unread. Throws EVENT_INVALID. */
export const splitEvent = (raw: Uint8Array): Omit<DecodedEvent, 'header'> => {
  if (raw.length > limits.eventBytesMax)
    throw invalid(`it has ${raw.length} bytes, ${limits.eventBytesMax} are allowed`)
  const reader = new CborReader(raw)
  if (reader.array() !== 3) throw invalid('it has not three parts')
  const headerBytes = reader.bytes()
  const salt = reader.skipNull() ? undefined : reader.bytesOf(16)
  const body = reader.skipNull() ? undefined : reader.bytes()
  reader.end()
  if ((salt === undefined) !== (body === undefined)) throw invalid('salt and body go together')
  return { headerBytes, salt, body }
}

/** EVENT-6: the header stays, so that the chain still verifies; salt and body are gone. */
export const redact = (raw: Uint8Array): Uint8Array => {
  const { headerBytes } = splitEvent(raw)
  const redacted = new Uint8Array(1 + headSize(headerBytes.length) + headerBytes.length + 2)
  redacted[0] = arrayOf3
  redacted.fill(nullItem, writeBytes(redacted, 1, headerBytes))
  return redacted
}

/** EVENT-3: SHA-256 of the header bytes. Signatures and bodies are no part of it. */
export const hashEvent = (sha256: Sha256, headerBytes: Uint8Array): Uint8Array => sha256(headerBytes)

/** EVENT-5: SHA-256(salt ‖ body). The salt keeps a short body from being guessed after it was erased. */
export const hashBody = (
  sha256: Sha256,
  salt: Uint8Array,
  body: Uint8Array,
  allocate: Allocate = newBytes,
): Uint8Array => {
  const salted = allocate(16 + body.length)
  salted.set(salt)
  salted.set(body, 16)
  return sha256(salted)
}

/** EVENT-4. */
export const isEventType = (type: string): boolean => typePattern.test(type)

const typePattern = /^[a-z][a-z0-9.-]{0,31}$/

const anId = (id: EventId | undefined): EventId => {
  if (id === undefined) throw invalid('an event id is no UUIDv7')
  return id
}

const writeBytes32 = (bytes: Uint8Array, at: number, value: Uint8Array): number => {
  bytes[at] = 0x58
  bytes[at + 1] = 32
  copyBytes(bytes, at + 2, value)
  return at + 34
}

const invalid = (what: string): HearthError => new HearthError('EVENT_INVALID', `the event does not decode: ${what}`)

const formatVersion = 1
const arrayOf3 = 0x83
const arrayOf9 = 0x89
const bytes16 = 0x50
/** All of a header but seq, auth and type. */
const fixedBytes = 2 + 17 + 34 + 17 + 17 + 34
