import { encodeSeal, sealFlush, type Seal } from '../../spec/seal.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import type { Operation, Store } from '../store/store.ts'
import type { NodeKeys, Timers } from './components.ts'
import type { FeedPoint } from '../../spec/feed.ts'
import type { Feed } from './feed-table.ts'
import { sealKey } from './keys.ts'
import type { Sealed } from './log.ts'

export interface Sealer {
  /** A feed of this node has durable events without a seal. */
  touch(feed: Feed): void
  /** One signature over everything touched, stored. Rejects like `Store.commit`, and then it is still to be done. */
  flush(): Promise<void>
  /**
   * Seals of feeds of this node at their heads, for the batch that brings these: they are true once it is durable, and
   * until then nobody hears of them. None while the last ones are young; then what the batch touches is sealed soon.
   */
  withBatch(feeds: readonly Feed[]): readonly BatchSeal[]
  /** Forgets what was touched: the log is read anew. */
  reset(): void
}

/** The seal of that point is durable. */
export const sealedAt = (feed: Feed, point: FeedPoint): void => {
  if (point.seq <= feed.sealed) return
  feed.sealed = point.seq
  feed.sealedAt = point
  feed.dirty = true
}

export interface BatchSeal {
  readonly feed: Feed
  readonly point: FeedPoint
  readonly seal: Seal
}

/** One more feed in a flush costs about 20 µs, with its record in the store: the pause grows with it, to keep that under 2 %. */
const pausePerFeedMs = 1
const pauseMaxMs = 500
/** Until a flush that the disk refused is tried again. */
const retryMs = 1_000
/** The same for seals that others wait for: they also check each, so a busy node makes fewer. */
const restMs = 2
const restPerFeedMs = 0.25

/** SEAL-1: at most one signature per flush: off the ack path, or in the batch itself where others wait for it. */
export function createSealer(
  { store, hash, keys, timers }: { store: Store; hash: Sha256; keys: NodeKeys; timers: Timers },
  { pauseMs, due, onSealed }: { pauseMs: number; due: () => void; onSealed: (sealed: readonly Sealed[]) => void },
): Sealer {
  let touched = new Set<Feed>()
  let nextPauseMs = pauseMs
  let cancel: (() => void) | undefined
  let rests = false
  let isAwaited = false

  const rest = (feeds: number): void => {
    rests = true
    isAwaited = false
    timers.after(restMs + feeds * restPerFeedMs, () => {
      rests = false
      if (isAwaited && touched.size > 0) due()
    })
  }

  const flush = async (): Promise<void> => {
    cancel?.()
    cancel = undefined
    const feeds = [...touched].filter(({ sealed, stored }) => sealed < stored.seq)
    touched = new Set()
    nextPauseMs = Math.max(pauseMs, Math.min(pauseMaxMs, feeds.length * pausePerFeedMs))
    const points = feeds.map(({ stored }) => stored)
    const seals = sealFlush(hash, keys.sign, points)
    const operations = feeds.flatMap((feed, index): Operation[] => {
      const seal = seals[index]
      return seal ? [{ type: 'put', key: sealKey(feed.bytes, seal.seq), value: encodeSeal(seal) }] : []
    })
    if (operations.length === 0) return
    if (!rests) rest(feeds.length)
    try {
      await store.commit(operations)
    } catch (error) {
      for (const feed of feeds) touched.add(feed)
      // Nobody may write to it again for long, and until it is sealed no other node hears of what it holds.
      cancel ??= timers.after(retryMs, due)
      throw error
    }
    feeds.forEach((feed, index) => {
      const point = points[index]
      if (point !== undefined) sealedAt(feed, point)
    })
    // A batch that was written meanwhile may have brought a later one.
    onSealed(
      feeds.flatMap(({ id, origin, sealed }, index): Sealed[] => {
        const seal = seals[index]
        return seal?.seq === sealed ? [{ feed: id, origin, seal }] : []
      }),
    )
  }

  return {
    flush,
    touch(feed) {
      touched.add(feed)
      cancel ??= timers.after(nextPauseMs, due)
    },
    withBatch(feeds) {
      if (rests) {
        isAwaited = true
        return []
      }
      rest(feeds.length)
      const points = feeds.map(({ head }) => head)
      const seals = sealFlush(hash, keys.sign, points)
      return feeds.flatMap((feed, index): BatchSeal[] => {
        const [point, seal] = [points[index], seals[index]]
        return point && seal ? [{ feed, point, seal }] : []
      })
    },
    reset() {
      touched = new Set()
      cancel?.()
      cancel = undefined
    },
  }
}
