/**
 * Where the log keeps things in the store. Numbers are 6 bytes, big-endian; ids are bytes.
 *
 *   e | channel | event id   position, tag, raw event: the one copy of it, in display order
 *   a | first position       digest, then channel, event id and tag of each event of one batch
 *   d | member | message id  channel, event id: what a client has sent already
 *   h | feed                 what a feed is and where it ends            (written at checkpoints)
 *   f | feed | first seq     event ids of a run of a feed                (written at checkpoints)
 *   c | channel | first pos. position and event id of a run of a channel (written at checkpoints)
 *   s | feed | seq           seal
 *   x | event id             the event that redacted it
 *   t | channel | kind | target | event id   nothing: the event is about the target
 *   w | channel | target | event id          nothing: the event wants the body of the target gone, and it is not yet
 *   i                        version of `t` and `w`
 *   b | channel              where it begins (retention), and as far down as what lies before is gone
 *   k                        position of the last checkpoint
 *
 * The batch of an append holds e, a, d, t, w and the h of a new feed. What checkpoints write is derived from `a`
 * and `e`; after a crash it is derived again.
 */
import { copyBytes } from '../../spec/bytes.ts'
import { writeEventId } from '../../spec/event-id.ts'
import type { EventId } from '../../spec/ids.ts'

export const idBytes = 16
const eventLetter = 'e'.charCodeAt(0)
export const positionBytes = 6
export const tagBytes = 8
/** Before the raw event in the value of `e`. */
export const eventPrefixBytes = positionBytes + tagBytes
export const eventKeyBytes = 1 + idBytes + idBytes
export const arrivalItemBytes = idBytes + idBytes + tagBytes
export const channelRunItemBytes = positionBytes + idBytes
export const digestBytes = 32

const numberMax = 0xffff_ffff_ffff

const key = (letter: string, ...parts: readonly (Uint8Array | number)[]): Buffer => {
  let length = 1
  for (const part of parts) length += sizeOf(part)
  const buffer = Buffer.allocUnsafe(length)
  buffer[0] = letter.charCodeAt(0)
  let at = 1
  for (const part of parts) {
    if (typeof part === 'number') buffer.writeUIntBE(part, at, positionBytes)
    else buffer.set(part, at)
    at += sizeOf(part)
  }
  return buffer
}

const sizeOf = (part: Uint8Array | number): number => (typeof part === 'number' ? positionBytes : part.length)

export const eventKey = (channel: Uint8Array, id: Uint8Array): Buffer => key('e', channel, id)
/** The same in one piece, for the hot path. */
export const eventKeyOf = (channel: Uint8Array, id: EventId): Buffer => {
  const buffer = Buffer.allocUnsafe(eventKeyBytes)
  buffer[0] = eventLetter
  copyBytes(buffer, 1, channel)
  writeEventId(buffer, 1 + idBytes, id)
  return buffer
}
export const arrivalKey = (position: number): Buffer => key('a', position)
export const dedupKey = (member: Uint8Array, clientMessageId: string): Buffer =>
  key('d', member, Buffer.from(clientMessageId))
export const headKey = (feed: Uint8Array): Buffer => key('h', feed)
export const feedRunKey = (feed: Uint8Array, seq: number): Buffer => key('f', feed, seq)
export const channelRunKey = (channel: Uint8Array, position: number): Buffer => key('c', channel, position)
export const sealKey = (feed: Uint8Array, seq: number): Buffer => key('s', feed, seq)
export const redactionKey = (id: Uint8Array): Buffer => key('x', id)
export const checkpointKey: Buffer = key('k')
/** Without the event: where those of the target begin. */
export const relationKey = (channel: Uint8Array, kind: number, target: Uint8Array, by?: Uint8Array): Buffer =>
  key('t', channel, Uint8Array.of(kind), target, by ?? new Uint8Array())
export const redactionWantedKey = (channel: Uint8Array, target: Uint8Array, by: Uint8Array): Buffer =>
  key('w', channel, target, by)
export const relationsVersionKey: Buffer = key('i')
export const beginningKey = (channel: Uint8Array): Buffer => key('b', channel)

/** All keys of one kind. */
export const kindRange = (letter: string): { gte: Buffer; lt: Buffer } => ({
  gte: Buffer.from(letter, 'latin1'),
  lt: Buffer.from([letter.charCodeAt(0) + 1]),
})

/** The runs that may hold `from` and later: start at the last run that does not begin after it. */
export const afterLast = { arrival: numberMax, run: numberMax }

/** Every possible id is between these two. */
export const lowestId: Buffer = Buffer.alloc(idBytes)
export const aboveAllIds: Buffer = Buffer.alloc(idBytes + 1, 0xff)
