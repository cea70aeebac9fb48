import { equalBytes } from '../../spec/bytes.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import { HearthError } from '../../spec/errors.ts'
import { decodeHeader, splitEvent } from '../../spec/event.ts'
import { eventIdStamp } from '../../spec/event-id.ts'
import { checkChain, feedIdOf, feedStart, type ChainedEvent, type FeedPoint } from '../../spec/feed.ts'
import type { HybridClock } from '../../spec/hybrid-clock.ts'
import type { EventId, FeedId } from '../../spec/ids.ts'
import { verifySeal } from '../../spec/seal.ts'
import type { NodeKeys } from './components.ts'
import type { Feed } from './feed-table.ts'
import type { Admit, RemoteSlice } from './log.ts'

/** A slice whose chain and seal hold. Only `checkSlice` makes it. */
export interface CheckedSlice {
  readonly feed: FeedId
  readonly slice: RemoteSlice
  readonly head: FeedPoint
  readonly events: readonly ChainedEvent[]
}

/** Everything about a slice that can be checked without the log; `admit` throws for a header that may not come in. */
export function checkSlice(
  { hash, keys, clock }: { hash: Sha256; keys: NodeKeys; clock: HybridClock },
  ownEpoch: string,
  slice: RemoteSlice,
  admit: Admit | undefined,
): CheckedSlice {
  const { origin, from, seal, publicKey, redactedBy } = slice
  const feed = feedIdOf(hash, origin)
  if (origin.node === keys.nodeId && origin.epoch === ownEpoch) {
    throw new HearthError('CHAIN_BROKEN', `feed ${feed} is written here; nobody else adds to it`)
  }
  const [first] = slice.events
  if (!first || !Number.isSafeInteger(from) || from < 1) throw new HearthError('EVENT_INVALID', 'the slice is empty')
  const start =
    from === 1 ? feedStart(feed) : { feed, seq: from - 1, hash: decodeHeader(splitEvent(first).headerBytes).prevHash }
  const chain = checkChain(hash, start, slice.events)
  if (!chain.ok) throw new HearthError(chain.code, `feed ${feed}, event ${chain.seq}: ${chain.reason}`)
  if (seal && !(seal.seq === chain.head.seq && equalBytes(seal.hash, chain.head.hash))) {
    throw new HearthError('SEAL_INVALID', `the seal is not over the last event of the slice of feed ${feed}`)
  }
  if (seal && !verifySeal(hash, keys.verify, publicKey, { feed, seal })) {
    throw new HearthError('SEAL_INVALID', `the seal of feed ${feed} at ${seal.seq} does not verify`)
  }
  const { events } = chain
  for (const { header, body } of events) {
    if (!body && !redactedBy?.has(header.id)) {
      throw new HearthError('EVENT_INVALID', `event ${header.id} has no body and nothing redacts it`)
    }
    admit?.(header)
  }
  // CLOCK-3: ids ascend within a feed, so the last is the latest.
  if (chain.head.id !== undefined) clock.observe(eventIdStamp(chain.head.id))
  return { feed, slice, head: chain.head, events }
}

/**
 * The events of a slice that the feed does not have yet. What lies before `begins` is left out, but the last event of a
 * feed (FEED-7). Throws CHAIN_BROKEN, SEAL_INVALID.
 */
export function newEvents(
  feed: Feed | undefined,
  { slice, events }: CheckedSlice,
  begins?: EventId,
): readonly ChainedEvent[] {
  const sealed = slice.seal !== undefined
  const isShown = ({ header }: ChainedEvent): boolean => begins === undefined || header.id >= begins
  const isKept = (one: ChainedEvent, index: number): boolean => isShown(one) || index === events.length - 1
  if (!feed || feed.head.seq === 0) {
    if (!sealed) throw new HearthError('SEAL_INVALID', 'a feed that is new here comes with a seal')
    return events.filter(isKept)
  }
  const last = slice.from + events.length - 1
  if (slice.from > feed.head.seq + 1) {
    // All that is here of the feed is gone, or about to be.
    if (sealed && begins !== undefined && feed.head.id !== undefined && feed.head.id < begins) {
      return events.filter(isKept)
    }
    throw new HearthError(
      'CHAIN_BROKEN',
      `events ${feed.head.seq + 1} to ${slice.from - 1} of feed ${feed.id} come first`,
    )
  }
  if (last < feed.floor - 1) {
    throw new HearthError('CHAIN_BROKEN', `events ${last + 1} to ${feed.floor - 1} of feed ${feed.id} come first`)
  }
  const above = events.filter(({ header }) => header.seq > feed.head.seq)
  const below = events.filter((one) => one.header.seq < feed.floor && isShown(one))
  const [next] = above
  if (next && !equalBytes(next.header.prevHash, feed.head.hash)) throw forked(feed.id, feed.head.seq)
  if (next && !sealed) throw new HearthError('SEAL_INVALID', 'events past the head of a feed come with a seal')
  const top = below.at(-1)
  if (top && !equalBytes(top.hash, feed.floorPrev)) throw forked(feed.id, feed.floor - 1)
  return [...below, ...above]
}

/** A slice that reaches below the beginning of the channel: nobody needs to be asked for more of the feed. */
export function noteWhole(feed: Feed, { slice, events: [first] }: CheckedSlice, begins: EventId): void {
  if (first !== undefined && first.header.id < begins) feed.isWhole = true
  else if (slice.from > feed.head.seq + 1) feed.isWhole = false
}

export const forked = (feed: FeedId, seq: number): HearthError =>
  new HearthError(
    'CHAIN_BROKEN',
    `feed ${feed} has two different events at ${seq}: its node is broken or lies, nothing more is taken from it`,
  )
