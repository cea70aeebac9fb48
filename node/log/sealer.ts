import { encodeSeal, sealFlush } from '../../spec/seal.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import type { Operation, Store } from '../store/store.ts'
import type { NodeKeys, Timers } from './components.ts'
import type { Feed } from './feed-table.ts'
import { sealKey } from './keys.ts'
import type { Sealed } from './log.ts'

export interface Sealer {
  /** A feed of this node has durable events without a seal. */
  touch(feed: Feed): void
  /** One signature over everything touched, stored. Rejects like `Store.commit`, and then it is still to be done. */
  flush(): Promise<void>
  /** Forgets what was touched: the log is read anew. */
  reset(): void
}

/** One more feed in a flush costs about 20 µs, with its record in the store: the pause grows with it, to keep that under 2 %. */
const pausePerFeedMs = 1
const pauseMaxMs = 500

/** SEAL-1: at most one signature per flush, after the events are durable and off the ack path. */
export function createSealer(
  { store, hash, keys, timers }: { store: Store; hash: Sha256; keys: NodeKeys; timers: Timers },
  { pauseMs, due, onSealed }: { pauseMs: number; due: () => void; onSealed: (sealed: readonly Sealed[]) => void },
): Sealer {
  let touched = new Set<Feed>()
  let nextPauseMs = pauseMs
  let cancel: (() => void) | undefined

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
    try {
      await store.commit(operations)
    } catch (error) {
      for (const feed of feeds) touched.add(feed)
      throw error
    }
    feeds.forEach((feed, index) => {
      const point = points[index]
      if (point === undefined || point.seq <= feed.sealed) return
      feed.sealed = point.seq
      feed.sealedAt = point
      feed.dirty = true
    })
    onSealed(
      feeds.flatMap(({ id, origin }, index): Sealed[] => {
        const seal = seals[index]
        return seal ? [{ feed: id, origin, seal }] : []
      }),
    )
  }

  return {
    flush,
    touch(feed) {
      touched.add(feed)
      cancel ??= timers.after(nextPauseMs, due)
    },
    reset() {
      touched = new Set()
      cancel?.()
      cancel = undefined
    },
  }
}
