import { decodeBase32, encodeBase32 } from '../../spec/base32.ts'
import { readEventId } from '../../spec/event-id.ts'
import { HearthError } from '../../spec/errors.ts'
import { zeroHash } from '../../spec/feed.ts'
import { decodeHex, encodeHex } from '../../spec/hex.ts'
import type { ChannelId, NodeId } from '../../spec/ids.ts'
import { formatUuid } from '../../spec/uuid.ts'
import type { Operation } from '../store/store.ts'
import { bytesOf, type Feed, type FeedTable } from './feed-table.ts'
import { headKey, positionBytes } from './keys.ts'
import { readPosition } from './runs.ts'

/**
 * What a feed is and where it ends: node 32, channel 16, epoch 8, floor 6, hash before the floor 32, head 6,
 * its hash 32, its id 16, sealed 6, newest position of the channel 6, events dropped by retention 6 (or nothing: none).
 */
const recordBytes = 32 + 16 + 8 + 6 + 32 + 6 + 32 + 16 + 6 + 6 + positionBytes

export function putHead(feed: Feed): Operation {
  const { origin, channel, stored } = feed
  const value = Buffer.alloc(recordBytes)
  value.set(decodeBase32(origin.node) ?? zeroHash, 0)
  value.set(channel.bytes, 32)
  value.set(decodeHex(origin.epoch) ?? [], 48)
  value.writeUIntBE(feed.storedFloor, 56, positionBytes)
  value.set(feed.storedFloorPrev, 62)
  value.writeUIntBE(stored.seq, 94, positionBytes)
  value.set(stored.hash, 100)
  if (stored.id !== undefined) value.set(bytesOf(stored.id), 132)
  value.writeUIntBE(feed.sealed, 148, positionBytes)
  value.writeUIntBE(channel.position, 154, positionBytes)
  value.writeUIntBE(feed.dropped, 160, positionBytes)
  return { type: 'put', key: headKey(feed.bytes), value }
}

/** Takes a record into the table. Throws CORRUPT: the feed id is the hash of what the record says (FEED-1). */
export function takeHead(table: FeedTable, [key, value]: readonly [Uint8Array, Uint8Array]): Feed {
  if (value.length !== recordBytes && value.length !== recordBytes - positionBytes) throw damaged(key)
  const feed = table.open({
    node: encodeBase32(value.subarray(0, 32)) as NodeId,
    channel: formatUuid(value, 32) as ChannelId,
    epoch: encodeHex(value.subarray(48, 56)),
  })
  if (!headKey(feed.bytes).equals(key)) throw damaged(key)
  const seq = readPosition(value, 94)
  feed.storedFloor = feed.floor = readPosition(value, 56)
  feed.storedFloorPrev = feed.floorPrev = value.slice(62, 94)
  feed.head = { feed: feed.id, seq, hash: value.slice(100, 132), id: seq > 0 ? readEventId(value, 132) : undefined }
  feed.stored = feed.head
  feed.sealed = readPosition(value, 148)
  feed.channel.position = Math.max(feed.channel.position, readPosition(value, 154))
  feed.dropped = value.length === recordBytes ? readPosition(value, 160) : 0
  feed.dirty = false
  return feed
}

const damaged = (key: Uint8Array): HearthError =>
  new HearthError(
    'CORRUPT',
    `the record of feed ${encodeBase32(key.subarray(1))} is damaged; restore a backup, or run \`hearth log verify\``,
  )
