import { corrupt } from './event-value.ts'
import type { Feed } from './feed-table.ts'
import type { Reader } from './reader.ts'

/** FEED-4: what this node seals after a crash, it has checked. */
export const assertChained = async (reader: Pick<Reader, 'feedEvents'>, feed: Feed): Promise<void> => {
  const from = Math.max(feed.sealed, feed.storedFloor)
  let last: Uint8Array | undefined
  for (let seq = from; seq <= feed.stored.seq;) {
    const events = await reader.feedEvents(feed, seq, 1_000)
    for (const { prevHash, entry, hash } of events) {
      if (last && Buffer.compare(prevHash, last) !== 0) {
        throw corrupt(feed.channel, entry.id, 'the event is not linked to the one before it')
      }
      last = hash
    }
    seq += events.length
    if (events.length === 0) throw corrupt(feed.channel, undefined, `event ${seq} of feed ${feed.id} is missing`)
  }
  if (!last || Buffer.compare(last, feed.stored.hash) !== 0) {
    throw corrupt(feed.channel, feed.stored.id, `feed ${feed.id} does not end in its head`)
  }
}
