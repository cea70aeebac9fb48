/** The newest own events, so that a flush is encoded once and pushed to all without a read: bounded, and not kept for long. */
import type { FeedOrigin } from '../../spec/feed.ts'
import type { FeedId } from '../../spec/ids.ts'
import type { Seal } from '../../spec/seal.ts'
import { encodeFrame } from '../../spec/sync/encode.ts'
import type { Committed, Slice } from './components.ts'

export interface Recent {
  committed(entries: readonly Committed[]): void
  sealed(origin: FeedOrigin, feed: FeedId, seal: Seal): void
  /** The flush that begins with this event, with its frame. */
  piece(feed: FeedId, from: number): (Slice & { readonly frame: Uint8Array }) | undefined
}

interface Open {
  from: number
  events: Uint8Array[]
}

interface Flush {
  readonly slice: Slice
  readonly bytes: number
  readonly untilMs: number
  frame: Uint8Array | undefined
}

export const createRecent = ({
  clock,
  isWanted,
}: {
  readonly clock: { now(): number }
  readonly isWanted: () => boolean
}): Recent => {
  const open = new Map<FeedId, Open>()
  /** In order of sealing; the newest of a feed only. */
  const flushes = new Map<FeedId, Flush>()
  let openBytes = 0
  let bytes = 0

  const drop = (feed: FeedId, flush: Flush): void => {
    flushes.delete(feed)
    bytes -= flush.bytes
  }

  const trim = (): void => {
    for (const [feed, flush] of flushes) {
      if (bytes <= bytesMax && flush.untilMs > clock.now()) return
      drop(feed, flush)
    }
  }

  return {
    committed(entries) {
      if (!isWanted() || openBytes > bytesMax) {
        open.clear()
        openBytes = 0
        if (!isWanted()) return
      }
      for (const { feed, seq, raw } of entries) {
        const known = open.get(feed)
        openBytes += raw.length
        if (known !== undefined && known.from + known.events.length === seq) known.events.push(raw)
        else open.set(feed, { from: seq, events: [raw] })
      }
    },
    sealed(origin, feed, seal) {
      const before = flushes.get(feed)
      if (before !== undefined) drop(feed, before)
      const found = open.get(feed)
      const count = found === undefined ? 0 : seal.seq - found.from + 1
      if (found === undefined || count < 1 || count > found.events.length) {
        trim()
        return
      }
      const events = found.events.splice(0, count)
      const size = events.reduce((sum, { length }) => sum + length, 0)
      openBytes -= size
      bytes += size
      flushes.set(feed, {
        slice: { origin, from: found.from, events, seal },
        bytes: size,
        untilMs: clock.now() + keptMs,
        frame: undefined,
      })
      if (found.events.length === 0) open.delete(feed)
      else found.from = seal.seq + 1
      trim()
    },
    piece(feed, from) {
      const flush = flushes.get(feed)
      if (flush === undefined || flush.slice.from !== from || flush.bytes > frameBytesMax) return undefined
      flush.frame ??= encodeFrame(
        { type: 'push', piece: { ...flush.slice, redactedBy: new Map(), certificates: [] } },
        (size) => Buffer.allocUnsafe(size),
      )
      return { ...flush.slice, frame: flush.frame }
    },
  }
}

const bytesMax = 16 * 1024 * 1024
const frameBytesMax = 768 * 1024
/** Past this a slow peer is fed from the log, where redacted bodies are gone. */
const keptMs = 2_000
