import { encodeBase32 } from '../../spec/base32.ts'
import { readEventId } from '../../spec/event-id.ts'
import type { ChannelId, EventId, FeedId } from '../../spec/ids.ts'
import { formatUuid } from '../../spec/uuid.ts'
import type { Store } from '../store/store.ts'
import { channelRunItemBytes, idBytes, positionBytes } from './keys.ts'
import { readPosition } from './runs.ts'
import { addTo, indexSum, recordsOf, type Report, type VerifyParts, type Walked } from './walk.ts'

/** Do the runs of feeds and channels list exactly the events that are there? */
export async function checkIndexes(
  { store, position: end, table }: VerifyParts,
  { feedSums, channelSums, seen }: Walked,
  report: Report,
  onProgress: (done: number) => void,
): Promise<void> {
  const ends = new Map([...table.feeds.values()].map(({ id, stored }) => [id, stored.seq]))
  // FEED-7: a run that reaches below a floor stays.
  const floors = new Map(
    [...table.feeds.values()].flatMap(({ id, dropped, storedFloor }) => (dropped > 0 ? [[id, storedFloor]] : [])),
  )
  const feeds = new Map<string, number>()
  let done = 0
  await walk(store, 'f', (key, run) => {
    const feed = encodeBase32(key.subarray(1, 1 + idBytes)) as FeedId
    const first = readPosition(key, 1 + idBytes)
    for (let at = 0; at + idBytes <= run.length; at += idBytes) {
      const seq = first + at / idBytes
      if (seq <= (ends.get(feed) ?? 0) && seq >= (floors.get(feed) ?? 0))
        addTo(feeds, feed, indexSum(readEventId(run, at) ?? noId, seq))
    }
    onProgress((done += run.length / idBytes / 2))
  })
  const channels = new Map<string, number>()
  await walk(store, 'c', (key, run) => {
    const channel = formatUuid(key, 1) as ChannelId
    const begins = table.channels.get(channel)?.begins ?? noId
    for (let at = 0; at + channelRunItemBytes <= run.length; at += channelRunItemBytes) {
      const position = readPosition(run, at)
      const id = readEventId(run, at + positionBytes) ?? noId
      if (position > end || (id < begins && seen[position] !== 1)) continue
      addTo(channels, channel, indexSum(id, position))
    }
    onProgress((done += run.length / channelRunItemBytes / 2))
  })
  for (const feed of table.feeds.values()) {
    if (feeds.get(feed.id) === feedSums.get(feed.id)) continue
    const what = `the index of feed ${feed.id} of channel ${feed.channel.id} does not list its events`
    report({ kind: 'index', channel: feed.channel.id, feed: feed.id, what })
  }
  for (const { id } of table.channels.values()) {
    if (channels.get(id) === channelSums.get(id)) continue
    report({ kind: 'index', channel: id, what: `the index of channel ${id} does not list its events` })
  }
}

const noId = '' as EventId

async function walk(store: Store, kind: string, visit: (key: Uint8Array, value: Uint8Array) => void): Promise<void> {
  for await (const records of recordsOf(store, kind)) for (const [key, value] of records) visit(key, value)
}
