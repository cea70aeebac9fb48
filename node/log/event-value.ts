import { HearthError } from '../../spec/errors.ts'
import type { Channel } from './feed-table.ts'
import { eventPrefixBytes, positionBytes, tagBytes } from './keys.ts'

/**
 * The tag guards what the chain guards only where the next event is read too: the first 8 bytes of the event's
 * hash, with the position mixed in. With the body's hash in the header, no bit of a value can flip unnoticed.
 */
export function writeTag(target: Uint8Array, at: number, hash: Uint8Array, position: number): void {
  const high = Math.floor(position / 0x1_0000_0000)
  target[at] = hash[0] ?? 0
  target[at + 1] = hash[1] ?? 0
  target[at + 2] = (hash[2] ?? 0) ^ (high >>> 8)
  target[at + 3] = (hash[3] ?? 0) ^ high
  target[at + 4] = (hash[4] ?? 0) ^ (position >>> 24)
  target[at + 5] = (hash[5] ?? 0) ^ (position >>> 16)
  target[at + 6] = (hash[6] ?? 0) ^ (position >>> 8)
  target[at + 7] = (hash[7] ?? 0) ^ position
}

/** The half of a tag that `verify` keeps of every event. */
export const tagStart = (bytes: Uint8Array, at: number): number =>
  Buffer.from(bytes.buffer, bytes.byteOffset + at, tagBytes).readUInt32BE(4)

/** Position, tag and raw event: what is stored under an event's key. */
export function eventValue(raw: Uint8Array, hash: Uint8Array, position: number): Buffer {
  const value = Buffer.allocUnsafe(eventPrefixBytes + raw.length)
  value.writeUIntBE(position, 0, positionBytes)
  writeTag(value, positionBytes, hash, position)
  value.set(raw, eventPrefixBytes)
  return value
}

export const corrupt = (channel: Channel, id: string | undefined, what: string, cause?: unknown): HearthError =>
  new HearthError(
    'CORRUPT',
    `channel ${channel.id}${id === undefined ? '' : `, event ${id}`}: ${what}; run \`hearth log verify\`, then restore a backup`,
    { cause },
  )
