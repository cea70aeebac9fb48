import { copyPart } from '../../spec/bytes.ts'
import { HearthError } from '../../spec/errors.ts'
import type { Operation, Store } from '../store/store.ts'
import type { Channel, Extension, Feed, FeedTable } from './feed-table.ts'
import { putHead } from './head-record.ts'
import { channelRunItemBytes, channelRunKey, checkpointKey, feedRunKey, idBytes, positionBytes } from './keys.ts'

/**
 * A checkpoint: writes heads and the runs of feeds and channels for everything durable, then lets go of it in
 * memory. Off the ack path; until it is done, readers find the same events in memory.
 */
export async function checkpoint(store: Store, table: FeedTable): Promise<void> {
  const { recent } = table
  const upTo = recent.at(-1)?.entry.position
  const dirty = [...table.feeds.values()].filter((feed) => feed.dirty)
  const operations = dirty.map(putHead)
  if (upTo === undefined && operations.length === 0) return
  const channels = new Set<Channel>()
  for (const { feed } of recent) channels.add(feed.channel)
  for (const channel of channels) {
    operations.push(putChannelRun(channel))
    for (const run of feedRuns(channel.recent)) operations.push(putFeedRun(run))
  }
  if (upTo !== undefined) operations.push({ type: 'put', key: checkpointKey, value: positionValue(upTo) })
  for (const feed of dirty) feed.dirty = false
  try {
    await store.commit(operations)
  } catch (error) {
    for (const feed of dirty) feed.dirty = true
    throw error
  }
  if (upTo === undefined) return
  for (const channel of channels) channel.recent = laterThan(channel.recent, upTo)
  table.recent = laterThan(table.recent, upTo)
}

export function positionValue(position: number): Buffer {
  const value = Buffer.alloc(positionBytes)
  value.writeUIntBE(position, 0, positionBytes)
  return value
}

/** Of events in arrival order. */
function laterThan(recent: readonly Extension[], position: number): Extension[] {
  return recent.slice(recent.findLastIndex(({ entry }) => entry.position <= position) + 1)
}

function putChannelRun({ bytes, recent }: Channel): Operation {
  const run = Buffer.allocUnsafe(recent.length * channelRunItemBytes)
  let at = 0
  for (const { entry, key } of recent) {
    at = run.writeUIntBE(entry.position, at, positionBytes)
    copyPart(run, at, key, key.length - idBytes, key.length)
    at += idBytes
  }
  return { type: 'put', key: channelRunKey(bytes, recent[0]?.entry.position ?? 0), value: run }
}

/**
 * A run ends where the sequence jumps, as backfill puts lower numbers after higher ones; and at 1,024 events, since
 * whoever reads a few of a run reads all of it.
 */
function feedRuns(recent: readonly Extension[]): Extension[][] {
  const runs: Extension[][] = []
  const open = new Map<Feed, Extension[]>()
  for (const extension of recent) {
    const { feed, entry } = extension
    const run = open.get(feed)
    if (run && run.length < runEventsMax && run.at(-1)?.entry.seq === entry.seq - 1) run.push(extension)
    else {
      const begun = [extension]
      runs.push(begun)
      open.set(feed, begun)
    }
  }
  return runs
}

function putFeedRun(run: readonly Extension[]): Operation {
  const [first] = run
  if (!first) throw new HearthError('INTERNAL', 'a run of a feed is empty')
  const value = Buffer.allocUnsafe(run.length * idBytes)
  let at = 0
  for (const { key } of run) {
    copyPart(value, at, key, key.length - idBytes, key.length)
    at += idBytes
  }
  return { type: 'put', key: feedRunKey(first.feed.bytes, first.entry.seq), value }
}

const runEventsMax = 1_024
