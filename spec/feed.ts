/** Feeds (spec/feed.md): one append-only, hash-linked chain per origin node, channel and epoch. */
import { decodeBase32, encodeBase32 } from './base32.ts'
import { concatBytes, createScratch, equalBytes } from './bytes.ts'
import type { Sha256 } from './crypto.ts'
import { HearthError, type ErrorCode } from './errors.ts'
import { decodeEvent, hashBody, hashEvent, type DecodedEvent } from './event.ts'
import { eventIdTail, hasTail } from './event-id.ts'
import { createHeaderNames } from './header-names.ts'
import { decodeHex } from './hex.ts'
import type { ChannelId, EventId, FeedId, NodeId } from './ids.ts'
import { parseUuid } from './uuid.ts'

/** What a feed id is the hash of. */
export interface FeedOrigin {
  readonly node: NodeId
  readonly channel: ChannelId
  /** 8 random bytes, in hex; new at each start of the process (FEED-2). */
  readonly epoch: string
}

/** FEED-1: SHA-256(nodeId ‖ channelId ‖ epoch)[:16]. The ids are branded, so checked; throws BAD_REQUEST for an epoch that is not 8 bytes. */
export const feedIdOf = (sha256: Sha256, { node, channel, epoch }: FeedOrigin): FeedId => {
  const nodeBytes = decodeBase32(node)
  const channelBytes = parseUuid(channel)
  const epochBytes = decodeHex(epoch)
  if (nodeBytes?.length !== 32 || channelBytes === undefined || epochBytes?.length !== 8) {
    throw new HearthError('BAD_REQUEST', 'a feed is named by a node id, a channel id and an epoch of 16 hex digits')
  }
  return encodeBase32(sha256(concatBytes(nodeBytes, channelBytes, epochBytes)).subarray(0, 16)) as FeedId
}

/** FEED-4: stands where the hash before the first event would. */
export const zeroHash: Uint8Array = new Uint8Array(32)

/** A place in a feed: the event `seq` has this hash. 0 and zeros: before the first event. */
export interface FeedPoint {
  readonly feed: FeedId
  readonly seq: number
  readonly hash: Uint8Array
  /** Id of that event, where known: ids ascend within a feed (FEED-6). */
  readonly id?: EventId | undefined
}

export const feedStart = (feed: FeedId): FeedPoint => ({ feed, seq: 0, hash: zeroHash })

/** With its hash (EVENT-3), which the check makes anyway. */
export interface ChainedEvent extends DecodedEvent {
  readonly raw: Uint8Array
  readonly hash: Uint8Array
}

export type ChainCheck =
  | { readonly ok: true; readonly head: FeedPoint; readonly events: readonly ChainedEvent[] }
  /** `seq`: the place that does not hold. */
  | { readonly ok: false; readonly seq: number; readonly code: ErrorCode; readonly reason: string }

/**
 * Do these events continue the feed after `start`, without a hole, each linked to the one before it (FEED-3 to
 * FEED-6), each with the body that its header names (EVENT-5)? Signatures are the seal's business.
 */
export const checkChain = (sha256: Sha256, start: FeedPoint, raws: Iterable<Uint8Array>): ChainCheck => {
  const feedBytes = decodeBase32(start.feed) ?? zeroHash
  const tail = eventIdTail(sha256, feedBytes)
  const events: ChainedEvent[] = []
  const names = createHeaderNames()
  const salted = createScratch()
  let head = start
  for (const raw of raws) {
    const seq = head.seq + 1
    let event: DecodedEvent
    try {
      event = decodeEvent(raw, names)
    } catch (error) {
      if (error instanceof HearthError) return { ok: false, seq, code: error.code, reason: error.message }
      throw error
    }
    const { header, headerBytes, salt, body } = event
    if (header.feed !== head.feed) return broken(seq, `it belongs to feed ${header.feed}`) // FEED-1
    if (header.seq !== seq) return broken(seq, `it is number ${header.seq} where ${seq} belongs`) // FEED-3
    if (!equalBytes(header.prevHash, head.hash)) return broken(seq, 'it is not linked to the event before it') // FEED-4
    if (!hasTail(header.id, tail)) return broken(seq, 'its id was not made by this feed') // FEED-5
    if (head.id !== undefined && header.id <= head.id) return broken(seq, 'its id does not ascend') // FEED-6
    if (
      salt !== undefined &&
      body !== undefined &&
      !equalBytes(hashBody(sha256, salt, body, salted), header.bodyHash)
    ) {
      return broken(seq, 'its body is not the one that its header names') // EVENT-5
    }
    const hash = hashEvent(sha256, headerBytes)
    head = { feed: head.feed, seq, hash, id: header.id }
    events.push({ raw, header, headerBytes, salt, body, hash })
  }
  return { ok: true, head, events }
}

const broken = (seq: number, reason: string): ChainCheck => ({ ok: false, seq, code: 'CHAIN_BROKEN', reason })
