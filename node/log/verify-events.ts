import { equalBytes } from '../../spec/bytes.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { formatUuid } from '../../spec/uuid.ts'
import { Chain } from './verify-chain.ts'
import { createEventReader, type EventReader, type StoredEvent } from './event-reader.ts'
import { tagStart } from './event-value.ts'
import { bytesOf, isBefore, type Feed, type FeedTable } from './feed-table.ts'
import { eventKey, eventKeyBytes, positionBytes, redactionKey } from './keys.ts'
import type { Entry } from './log.ts'
import { noRelations, unlisted } from './relations.ts'
import { addTo, indexSum, recordsOf, type Report, type VerifyParts, type Walked } from './walk.ts'

/** Every event, in display order: its own bytes, its place in its feed, its seal. */
export async function checkEvents(
  parts: VerifyParts,
  walked: Walked,
  report: Report,
  onProgress: (done: number) => void,
): Promise<void> {
  const { store, table, position: end } = parts
  const readEvent = createEventReader(parts.hash)
  const ends = new Map([...table.feeds.values()].map((feed) => [feed, feed.stored]))
  const chains = new Map<Feed, Chain>()
  let done = 0
  for await (const records of recordsOf(store, 'e')) {
    const sound: Entry[] = []
    for (const [key, value] of records) {
      const found = readChecked(readEvent, table, report, key, value)
      if (!found || found.entry.position > end) continue
      const feed = table.feeds.get(found.entry.feed)
      // FEED-7: what is still to go from the disk is nobody's.
      if (!feed || (found.entry.seq < feed.storedFloor && isBefore(feed.channel, found.entry.id))) continue
      const chain = chains.get(feed) ?? new Chain(parts, feed, report)
      chains.set(feed, chain)
      chain.add(found)
      await chain.checkSeal(found)
      if (!found.entry.body) await checkRedaction(parts, report, found)
      note(walked, report, found, value)
      sound.push(found.entry)
    }
    for (const { channel, id: event } of await unlisted({ relations: noRelations, ...parts }, sound)) {
      const what = `channel ${channel}: what event ${event} is about does not list it`
      report({ kind: 'index', channel, event, what })
    }
    done += records.length
    onProgress(done)
  }
  for (const [feed, stored] of ends) {
    if (stored.seq === 0) continue
    const chain = chains.get(feed)
    if (chain?.seq === stored.seq && equalBytes(chain.hash, stored.hash)) continue
    report({
      kind: 'head',
      channel: feed.channel.id,
      feed: feed.id,
      seq: stored.seq,
      what: `feed ${feed.id} of channel ${feed.channel.id} ends at ${chain?.seq ?? 0}, its head says ${stored.seq}`,
    })
  }
}

function readChecked(
  readEvent: EventReader,
  table: FeedTable,
  report: Report,
  key: Uint8Array,
  value: Uint8Array,
): StoredEvent | undefined {
  const channel = table.channel(formatUuid(key, 1) as ChannelId)
  const id = formatUuid(key, 17) as EventId
  try {
    const found = readEvent(table, channel, value)
    if (found.entry.id === id && key.length === eventKeyBytes) return found
    report({
      kind: 'event',
      channel: channel.id,
      event: id,
      what: `channel ${channel.id}: event ${found.entry.id} is stored as ${id}`,
    })
  } catch (error) {
    if (!(error instanceof HearthError)) throw error
    report({
      kind: 'event',
      channel: channel.id,
      event: id,
      what: `channel ${channel.id}, event ${id}: ${error.message.split(': ').slice(1).join(': ').split(';')[0]}`,
    })
  }
  return undefined
}

/** EVENT-6: a body may be missing only beside the event that redacted it. */
async function checkRedaction({ store, table }: VerifyParts, report: Report, { entry }: StoredEvent) {
  const by = await store.get(redactionKey(bytesOf(entry.id)))
  if (by?.length === 16) {
    const id = formatUuid(by) as EventId
    for (const { bytes } of table.channelsOf(id)) {
      if (await store.get(eventKey(bytes, by))) return
    }
  }
  report({
    kind: 'redaction',
    channel: entry.channel,
    feed: entry.feed,
    seq: entry.seq,
    event: entry.id,
    what: `channel ${entry.channel}, event ${entry.id}: the body is gone and nothing redacted it`,
  })
}

function note(walked: Walked, report: Report, { entry }: StoredEvent, value: Uint8Array): void {
  const { position } = entry
  if (walked.seen[position] === 1) {
    report({
      kind: 'position',
      channel: entry.channel,
      event: entry.id,
      position,
      what: `position ${position} is taken twice`,
    })
  }
  walked.seen[position] = 1
  walked.tags[position] = tagStart(value, positionBytes)
  addTo(walked.feedSums, entry.feed, indexSum(entry.id, entry.seq))
  addTo(walked.channelSums, entry.channel, indexSum(entry.id, position))
}
