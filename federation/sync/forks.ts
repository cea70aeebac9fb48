/** SYNC-11: feeds whose origin contradicts itself, each with the proof. */
import type { Sha256, Verify } from '../../spec/crypto.ts'
import { decodeHeader, splitEvent } from '../../spec/event.ts'
import { feedIdOf } from '../../spec/feed.ts'
import type { ChannelId, FeedId } from '../../spec/ids.ts'
import { verifySeal, type Seal } from '../../spec/seal.ts'
import { decodeFrame } from '../../spec/sync/decode.ts'
import { encodeFrame } from '../../spec/sync/encode.ts'
import { isFork } from '../../spec/sync/fork.ts'
import { frameLimits, type Branch, type ForkFrame } from '../../spec/sync/frames.ts'
import type { Equivocation, HotKeys, Slice } from './components.ts'

export interface Forks {
  readonly all: () => readonly Equivocation[]
  get(feed: FeedId): Equivocation | undefined
  /** From this sequence number on the feed counts for nothing. */
  at(feed: FeedId): number | undefined
  /** The last event before it, which both branches name. */
  commonPoint(feed: FeedId): { readonly seq: number; readonly hash: Uint8Array } | undefined
  in(channel: ChannelId): readonly (readonly [FeedId, number])[]
  /** Takes a proof, its certificates first. `old`: known, or known to fork earlier. */
  take(frame: ForkFrame): 'new' | 'old' | 'false'
}

export const createForks = ({
  hash,
  verify,
  keys,
}: {
  readonly hash: Sha256
  readonly verify: Verify
  readonly keys: HotKeys
}): Forks => {
  const byFeed = new Map<FeedId, Equivocation>()
  const byChannel = new Map<ChannelId, Map<FeedId, number>>()

  return {
    all: () => [...byFeed.values()],
    get: (feed) => byFeed.get(feed),
    at: (feed) => byFeed.get(feed)?.at,
    commonPoint(feed) {
      const found = byFeed.get(feed)
      const [first] = found?.frame.branches[0].headers ?? []
      return found && first && { seq: found.at - 1, hash: decodeHeader(first).prevHash }
    },
    in: (channel) => [...(byChannel.get(channel) ?? [])],
    take(frame) {
      const { origin, from, certificates } = frame
      const feed = feedIdOf(hash, origin)
      if ((byFeed.get(feed)?.at ?? Infinity) <= from) return 'old'
      for (const certificate of certificates) keys.learn(origin.node, certificate)
      const isSealed = (of: FeedId, seal: Seal): boolean =>
        keys.of(origin.node).some(({ publicKey }) => verifySeal(hash, verify, publicKey, { feed: of, seal }))
      if (!isFork(hash, frame, isSealed)) return 'false'
      const known = keys.of(origin.node).map(({ certificate }) => certificate)
      const proof = encodeFrame({ ...frame, certificates: known })
      byFeed.set(feed, { feed, origin, at: from, proof, frame })
      let forks = byChannel.get(origin.channel)
      if (forks === undefined) byChannel.set(origin.channel, (forks = new Map()))
      forks.set(feed, from)
      return 'new'
    },
  }
}

/** A proof as it was kept. Undefined: it does not decode. */
export const readProof = (bytes: Uint8Array): ForkFrame | undefined => {
  const frame = decodeFrame(bytes)
  return frame.type === 'fork' ? frame : undefined
}

/**
 * Where two histories of one feed part, each given as pieces that follow on one another and end in a seal, and the proof of
 * it. `same`: as far as both go they agree; `before`: they differ from their first common event on, so look further down;
 * `long`: they part, and it takes more headers than a frame holds.
 */
export const compareHistories = (
  hash: Sha256,
  ours: readonly Slice[],
  theirs: readonly Slice[],
): ForkFrame | 'same' | 'before' | 'long' => {
  const [first, other] = [ours[0], theirs[0]]
  if (first === undefined || other === undefined) return 'same'
  const from = Math.max(first.from, other.from)
  for (let seq = from; ; seq++) {
    const [mine, their] = [pieceAt(ours, seq), pieceAt(theirs, seq)]
    if (mine === undefined || their === undefined) return 'same'
    if (Buffer.compare(hash(headerAt(mine, seq)), hash(headerAt(their, seq))) === 0) continue
    if (seq === from && from > 1) return 'before'
    const [a, b] = [branchFrom(mine, seq), branchFrom(their, seq)]
    if (a === undefined || b === undefined) return 'long'
    return { type: 'fork', origin: first.origin, from: seq, branches: [a, b], certificates: [] }
  }
}

const pieceAt = (pieces: readonly Slice[], seq: number): Slice | undefined =>
  pieces.find(({ from, events }) => seq >= from && seq < from + events.length)

const branchFrom = ({ events, from, seal }: Slice, seq: number): Branch | undefined => {
  const headers = events.slice(seq - from).map((raw) => splitEvent(raw).headerBytes)
  return seal === undefined || headers.length > frameLimits.headersMax ? undefined : { headers, seal }
}

const headerAt = ({ events, from }: Slice, seq: number): Uint8Array =>
  splitEvent(events[seq - from] ?? new Uint8Array()).headerBytes
