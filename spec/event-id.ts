/**
 * Event ids (ID-4): UUIDv7 layout, RFC 9562 §5.7. 48-bit hybrid-clock ms | 7 | 12-bit counter | 10 | 62 bits of
 * SHA-256(feed). Ascending as text is the display order.
 */
import type { Sha256 } from './crypto.ts'
import { hexPairs, hexValue } from './hex.ts'
import type { Stamp } from './hybrid-clock.ts'
import type { EventId } from './ids.ts'
import { formatUuid, parseUuidInto } from './uuid.ts'

declare const brand: unique symbol
/** The last 18 characters of every id of a feed, `-9c51-0d3f5a1b2c3d`: computed once per feed. */
export type EventIdTail = string & { readonly [brand]: 'EventIdTail' }

/** ID-4: variant bits 10, then the first 62 bits of SHA-256 of the 16 bytes of the feed id. */
export const eventIdTail = (sha256: Sha256, feed: Uint8Array): EventIdTail => {
  const hash = sha256(feed)
  const bytes = new Uint8Array(16)
  for (let i = 8; i < 16; i++) bytes[i] = ((hash[i - 8] ?? 0) >> 2) | ((hash[i - 9] ?? 0) << 6)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return formatUuid(bytes).slice(18) as EventIdTail
}

/** `stamp.ms` under 2^48, `stamp.counter` under 2^12: what a hybrid clock gives. */
export const makeEventId = (stamp: Stamp, tail: EventIdTail): EventId =>
  joinEventId(eventIdHead(stamp.ms), stamp.counter, tail)

/** The first 14 characters of every id of one ms. */
export const eventIdHead = (ms: number): string => {
  const high = Math.floor(ms / 0x1_0000)
  const low = ms % 0x1_0000
  const head = `${hexPairs[high >>> 24]}${hexPairs[(high >>> 16) & 0xff]}${hexPairs[(high >>> 8) & 0xff]}${hexPairs[high & 0xff]}`
  return `${head}-${hexPairs[low >>> 8]}${hexPairs[low & 0xff]}-`
}

export const joinEventId = (head: string, counter: number, tail: EventIdTail): EventId =>
  `${head}${hexPairs[0x70 | (counter >>> 8)]}${hexPairs[counter & 0xff]}${tail}` as EventId

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export const isEventId = (text: unknown): text is EventId => typeof text === 'string' && pattern.test(text)

export const parseEventId = (text: unknown): EventId | undefined => (isEventId(text) ? text : undefined)

/** The moment in an id. */
export const eventIdStamp = (id: EventId): Stamp => {
  let ms = 0
  for (let i = 0; i < 13; i++) if (i !== 8) ms = ms * 16 + hexValue(id, i)
  return { ms, counter: (hexValue(id, 15) << 8) | (hexValue(id, 16) << 4) | hexValue(id, 17) }
}

/** Every event of this ms or later has a higher id, every earlier one a lower id. */
export const firstIdOf = (ms: number): EventId => `${eventIdHead(ms)}7000-8000-000000000000` as EventId

/** ID-4: was this id made by this feed? */
export const hasTail = (id: EventId, tail: EventIdTail): boolean => id.endsWith(tail)

/** Writes the 16 bytes of an id. */
export const writeEventId = (target: Uint8Array, offset: number, id: EventId): void => {
  parseUuidInto(target, offset, id)
}

/** Have these 16 bytes the version 7 and the variant 10? */
export const isEventIdAt = (bytes: Uint8Array, offset: number): boolean =>
  ((bytes[offset + 6] ?? 0) & 0xf0) === 0x70 && ((bytes[offset + 8] ?? 0) & 0xc0) === 0x80

/** The id in 16 bytes, or undefined when they are none. */
export const readEventId = (bytes: Uint8Array, offset: number = 0): EventId | undefined =>
  isEventIdAt(bytes, offset) ? (formatUuid(bytes, offset) as EventId) : undefined
