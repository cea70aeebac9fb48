/**
 * Texts for the bytes that come again from header to header: neighbours in a feed have the same feed, and nearly always
 * the same author, grant and type. Made once instead of for each event, they are a third of what decoding costs.
 */
import { encodeBase32 } from './base32.ts'
import { isEventIdAt, readEventId } from './event-id.ts'
import { hexOf } from './hex.ts'
import type { EventId, FeedId, MemberId } from './ids.ts'
import { readText } from './utf8.ts'

/** Each for `length` bytes that begin at `at`; undefined: they are none. */
export interface HeaderNames {
  readonly feed: (bytes: Uint8Array, at: number) => FeedId
  readonly member: (bytes: Uint8Array, at: number) => MemberId
  readonly id: (bytes: Uint8Array, at: number) => EventId | undefined
  readonly auth: (bytes: Uint8Array, at: number) => EventId | undefined
  readonly type: (bytes: Uint8Array, at: number, length: number) => string | undefined
}

type Make<T> = (bytes: Uint8Array, at: number, length: number) => T

/** For one header: nothing is kept. */
export const plainNames: HeaderNames = {
  feed: (bytes, at) => encodeBase32(bytes.subarray(at, at + 16)) as FeedId,
  member: (bytes, at) => encodeBase32(bytes.subarray(at, at + 16)) as MemberId,
  id: (bytes, at) => readEventId(bytes, at),
  auth: (bytes, at) => readEventId(bytes, at),
  type: (bytes, at, length) => readText(bytes.subarray(at, at + length)),
}

/** For many headers in a row: the last of each is kept. */
export const createHeaderNames = (): HeaderNames => {
  const feed = keepLast(plainNames.feed)
  const member = keepLast(plainNames.member)
  const auth = keepLast(plainNames.auth)
  // ID-4: neighbours were made by one feed, and often within the same millisecond.
  const idHead = keepLast((bytes, at) => `${hexOf(bytes, at, 4)}-${hexOf(bytes, at + 4, 2)}-`)
  const idTail = keepLast((bytes, at) => `-${hexOf(bytes, at, 2)}-${hexOf(bytes, at + 2, 6)}`)
  return {
    id: (bytes, at) =>
      isEventIdAt(bytes, at)
        ? ((idHead(bytes, at, 6) + hexOf(bytes, at + 6, 2) + idTail(bytes, at + 8, 8)) as EventId)
        : undefined,
    feed: (bytes, at) => feed(bytes, at, 16),
    member: (bytes, at) => member(bytes, at, 16),
    auth: (bytes, at) => auth(bytes, at, 16),
    type: keepLast(plainNames.type),
  }
}

const keepLast = <T>(make: Make<T>): Make<T> => {
  const kept = new Uint8Array(keptBytesMax)
  let keptLength = -1
  let last: T
  return (bytes, at, length) => {
    if (length === keptLength) {
      let same = 0
      while (same < length && kept[same] === bytes[at + same]) same++
      if (same === length) return last
    }
    const made = make(bytes, at, length)
    if (length > keptBytesMax) return made
    for (let i = 0; i < length; i++) kept[i] = bytes[at + i] ?? 0
    keptLength = length
    last = made
    return made
  }
}

const keptBytesMax = 32
