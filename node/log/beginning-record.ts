import { readEventId } from '../../spec/event-id.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import { formatUuid } from '../../spec/uuid.ts'
import type { Operation } from '../store/store.ts'
import { bytesOf, type Channel, type FeedTable } from './feed-table.ts'
import { beginningKey, idBytes } from './keys.ts'

/** Where a channel begins, why, and up to where the events before are gone: three ids; zeros: nothing is gone yet. */
const recordBytes = 3 * idBytes

export function putBeginning({ bytes, begins, cleared }: Channel): Operation {
  const value = Buffer.alloc(recordBytes)
  if (begins !== undefined) value.set(bytesOf(begins), 0)
  if (cleared !== undefined) value.set(bytesOf(cleared.because), idBytes)
  if (cleared?.to !== undefined) value.set(bytesOf(cleared.to), 2 * idBytes)
  return { type: 'put', key: beginningKey(bytes), value }
}

/** Takes a record into the table. Throws CORRUPT. */
export function takeBeginning(table: FeedTable, [key, value]: readonly [Uint8Array, Uint8Array]): void {
  const begins = value.length === recordBytes ? readEventId(value, 0) : undefined
  const because = readEventId(value, idBytes)
  if (begins === undefined || because === undefined || key.length !== 1 + idBytes) {
    throw new HearthError('CORRUPT', 'the record of where a channel begins is damaged; restore a backup')
  }
  const channel = table.channel(formatUuid(key, 1) as ChannelId)
  channel.begins = begins
  channel.cleared = { because, to: readEventId(value, 2 * idBytes) }
}
