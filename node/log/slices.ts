import { readEventId } from '../../spec/event-id.ts'
import type { EventId } from '../../spec/ids.ts'
import { decodeSeal, type Seal } from '../../spec/seal.ts'
import type { Store } from '../store/store.ts'
import { bytesOf, type Feed } from './feed-table.ts'
import { redactionKey, sealKey } from './keys.ts'
import type { FeedSlice } from './log.ts'
import type { Reader } from './reader.ts'

/** As `Log.slice`. */
export type SliceOf = (
  feed: Feed,
  range: { readonly from: number; readonly limit: number; readonly within: boolean },
) => Promise<FeedSlice | undefined>

export function createSlices({
  store,
  reader,
}: {
  readonly store: Store
  readonly reader: Pick<Reader, 'feedEvents'>
}): SliceOf {
  /** The last seal within reach, or else the next one. */
  const sealNear: (...of: Parameters<SliceOf>) => Promise<Seal | undefined> = async (feed, { from, limit, within }) => {
    const end = sealKey(feed.bytes, from + limit)
    let [stored] = await store.values({ gte: sealKey(feed.bytes, from), lt: end, reverse: true, limit: 1 })
    if (stored === undefined && !within) {
      stored = (await store.values({ gte: end, lt: sealKey(feed.bytes, feed.stored.seq + 1), limit: 1 }))[0]
    }
    return stored && decodeSeal(stored)
  }

  const redactedBy = async (ids: readonly EventId[]): Promise<Map<EventId, EventId>> => {
    const values = await store.getMany(ids.map((id) => redactionKey(bytesOf(id))))
    return new Map(
      ids.flatMap((id, index): [EventId, EventId][] => {
        const by = values[index] && readEventId(values[index], 0)
        return by === undefined ? [] : [[id, by]]
      }),
    )
  }

  const slice: SliceOf = async (feed, { from, limit, within }) => {
    const seal = await sealNear(feed, { from, limit, within })
    const events = await reader.feedEvents(feed, from, seal ? seal.seq - from + 1 : limit)
    const raws = events.map(({ entry }) => entry.raw)
    const bare = events.flatMap(({ entry }) => (entry.body ? [] : [entry.id]))
    const found = { origin: feed.origin, from, seal, events: raws }
    return bare.length === 0 ? found : { ...found, redactedBy: await redactedBy(bare) }
  }

  return async (feed, range) => {
    const isHeld = (): boolean => range.from >= feed.storedFloor && range.from <= feed.stored.seq
    if (!isHeld() || range.limit < 1) return undefined
    try {
      return await slice(feed, range)
    } catch (error) {
      // Retention was faster (FEED-7).
      if (!isHeld()) return undefined
      throw error
    }
  }
}
