/** A piece of a feed on its way into the log: who may send it, who wrote it, and what became of it (SYNC-9). */
import { encodeBase32 } from '../../spec/base32.ts'
import { equalBytes } from '../../spec/bytes.ts'
import type { Sha256, Verify } from '../../spec/crypto.ts'
import { HearthError } from '../../spec/errors.ts'
import { decodeEvent, hashEvent, splitEvent } from '../../spec/event.ts'
import { eventIdStamp } from '../../spec/event-id.ts'
import { checkChain, feedIdOf, zeroHash } from '../../spec/feed.ts'
import { settingsChannelOf } from '../../spec/governance/places.ts'
import type { ChannelId, EventId, FeedId, NodeId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { verifySeal } from '../../spec/seal.ts'
import type { Piece } from '../../spec/sync/frames.ts'
import type { HotKeys, SyncLog } from './components.ts'
import type { Forks } from './forks.ts'
import type { Holdings } from './holdings.ts'
import type { Scope } from './scope.ts'
import type { Session } from './session.ts'

export type Outcome =
  /** It is on disk, now or before. */
  | { readonly status: 'taken'; readonly feed: FeedId; readonly added: number }
  /** Not yet: it may be asked for again after `untilMs`. */
  | {
      readonly status: 'held'
      readonly feed: FeedId
      readonly code: string
      readonly detail: string
      readonly untilMs: number
    }
  /** Malformed or forged: no honest node passes it on. */
  | { readonly status: 'dropped'; readonly feed: FeedId; readonly code: string; readonly detail: string }
  /** Not allowed, or not here. */
  | { readonly status: 'rejected'; readonly feed: FeedId; readonly code: string; readonly detail: string }
  /** It continues another history than ours. */
  | { readonly status: 'forked'; readonly feed: FeedId; readonly code: string; readonly detail: string }

export interface Intake {
  take(session: Session, piece: Piece): Promise<Outcome>
}

export interface IntakeParts {
  readonly log: SyncLog
  readonly hash: Sha256
  readonly verify: Verify
  readonly keys: HotKeys
  readonly clock: { now(): number }
  readonly scope: Scope
  readonly holdings: Holdings
  readonly forks: Forks
  /** Whom the newest of a feed came from. */
  readonly cameFrom: Map<FeedId, NodeId>
}

export const createIntake = (parts: IntakeParts): Intake => {
  const { log, hash, verify, keys, clock, scope, holdings, forks, cameFrom } = parts
  /** Since when a redaction waits for its event, by the event that it redacted. */
  const unproven = new Map<EventId, number>()

  /** Undefined: it may come in. */
  const refusal = (session: Session, piece: Piece, feed: FeedId): Outcome | undefined => {
    const { origin, from, events } = piece
    const rejected = (code: string, detail: string): Outcome => ({ status: 'rejected', feed, code, detail })
    if (scope.serverOf(origin.channel) === undefined) return rejected('NOT_FOUND', 'the channel is not replicated here')
    if (!scope.isShared(session.node, origin.channel))
      return rejected('NOT_ALLOWED', 'the channel is not for this peer')
    const forkedAt = forks.at(feed)
    const isBeyond = forkedAt !== undefined && from + events.length > forkedAt
    // Of a forked feed its common beginning is taken, and with it one of the branches, up to the next seal.
    if (isBeyond && (from >= forkedAt || (holdings.version(feed)?.head ?? 0) >= forkedAt - 1)) {
      session.due.forks.add(feed)
      return rejected('CHAIN_BROKEN', `the feed forks at ${forkedAt}`)
    }
    const joining = scope.joiningOf(origin.channel)
    if (joining !== undefined && !joining.verified) {
      if (isGenesisOf(piece, joining.server, hash)) joining.verified = true
      else return held(feed, 'NOT_FOUND', 'the genesis of the server comes first', clock.now() + retryMs)
    }
    if (!scope.mayWrite(origin.node, origin.channel)) {
      return held(feed, 'NOT_ALLOWED', 'no grant to a member of the node is known', clock.now() + retryMs)
    }
    return undefined
  }

  /** The key that the piece is under: SYNC-10 lets an older one seal only what is older than the next certificate. */
  const keyOf = (piece: Piece, feed: FeedId): Uint8Array | undefined => {
    const { origin, seal } = piece
    const known = keys.of(origin.node)
    const [newest] = known
    if (newest === undefined || known.length === 1 || seal === undefined) return newest?.publicKey
    const last = piece.events.at(-1)
    const lastMs = last === undefined ? Infinity : eventIdStamp(decodeEvent(last).header.id).ms
    let replacedMs = Infinity
    for (const { publicKey, notBeforeMs } of known) {
      if (lastMs < replacedMs + limits.clockAheadMaxMs && verifySeal(hash, verify, publicKey, { feed, seal })) {
        return publicKey
      }
      replacedMs = notBeforeMs
    }
    return undefined
  }

  /** CERT-4: whoever passes it on may not know. */
  const isRevoked = ({ origin, seal }: Piece, feed: FeedId): boolean =>
    seal !== undefined &&
    (keys.revokedOf?.(origin.node) ?? []).some(({ publicKey }) => verifySeal(hash, verify, publicKey, { feed, seal }))

  /** SYNC-6: a body may be missing beside the event that redacted it; by the word of the origin, or when it can't be had at all. */
  const waitsForRedaction = async (session: Session, piece: Piece): Promise<boolean> => {
    if (session.node === piece.origin.node) return false
    let waits = false
    for (const [id, by] of piece.redactedBy) {
      const reason = await log.get(by)
      if (reason !== undefined && mayRedactIn(reason.channel, piece.origin.channel)) {
        unproven.delete(id)
        continue
      }
      const sinceMs = unproven.get(id) ?? clock.now()
      if (unproven.size < unprovenMax) unproven.set(id, sinceMs)
      if (clock.now() - sinceMs < unprovenMs) waits = true
    }
    return waits
  }

  /** An event of the channel itself, or (FEED-7) one that governs it. */
  const mayRedactIn = (from: ChannelId, channel: ChannelId): boolean =>
    from === channel || from === scope.serverOf(channel)?.governance || from === settingsChannelOf(channel)

  const failed = (feed: FeedId, piece: Piece, error: unknown): Outcome => {
    if (!(error instanceof HearthError)) throw error
    const { code, message: detail } = error
    if (code === 'CLOCK_AHEAD') return held(feed, code, detail, untilPresent(piece))
    if (code === 'CHAIN_BROKEN') {
      const mine = holdings.version(feed)
      const last = piece.from + piece.events.length - 1
      const isHole = mine !== undefined && (piece.from > mine.head + 1 || last < mine.floor - 1)
      if (isHole) return { status: 'rejected', feed, code, detail }
      const status = mine !== undefined && isSound(piece, feed) ? 'forked' : 'dropped'
      return { status, feed, code, detail }
    }
    if (code === 'EVENT_INVALID' || code === 'SEAL_INVALID') return { status: 'dropped', feed, code, detail }
    // The disk is full or fails: nobody's fault but ours.
    return held(feed, code, detail, clock.now() + retryMs)
  }

  /** A history of its own, sealed by its origin: not this peer's fault. */
  const isSound = ({ origin, from, events, seal }: Piece, feed: FeedId): boolean => {
    const [first] = events
    if (seal === undefined || first === undefined) return false
    const prevHash = from === 1 ? zeroHash : decodeEvent(first).header.prevHash
    const chain = checkChain(hash, { feed, seq: from - 1, hash: prevHash }, events)
    if (!chain.ok || !equalBytes(chain.head.hash, seal.hash)) return false
    return keys.of(origin.node).some(({ publicKey }) => verifySeal(hash, verify, publicKey, { feed, seal }))
  }

  /** No event is ever refused for good because of a clock, but nobody waits longer than an hour to ask again. */
  const untilPresent = (piece: Piece): number => {
    const last = piece.events.at(-1)
    const ms = last === undefined ? 0 : eventIdStamp(decodeEvent(last).header.id).ms
    return Math.min(ms - limits.clockAheadMaxMs, clock.now() + hourMs)
  }

  return {
    async take(session, piece) {
      const feed = feedIdOf(hash, piece.origin)
      const refused = refusal(session, piece, feed)
      // They come once on a stream, and what is held now is asked for again.
      if (refused === undefined || refused.status === 'held') {
        for (const certificate of piece.certificates) keys.learn(piece.origin.node, certificate)
      }
      if (refused !== undefined) return refused
      try {
        if (isRevoked(piece, feed)) {
          return { status: 'rejected', feed, code: 'SEAL_INVALID', detail: 'the key of its seal was revoked' }
        }
        const publicKey = keyOf(piece, feed)
        if (publicKey === undefined && keys.of(piece.origin.node).length === 0) {
          return { status: 'rejected', feed, code: 'NOT_FOUND', detail: 'no certificate of the origin is known' }
        }
        if (publicKey === undefined) {
          return { status: 'dropped', feed, code: 'SEAL_INVALID', detail: 'no key of the origin made its seal' }
        }
        if (piece.redactedBy.size > 0 && (await waitsForRedaction(session, piece))) {
          return held(feed, 'EVENT_INVALID', 'a body is gone, and what redacted it is not here', clock.now() + retryMs)
        }
        const { origin, from, events, seal, redactedBy } = piece
        cameFrom.set(feed, session.node)
        const added = await log.appendRemote({ origin, from, events, seal, redactedBy, publicKey })
        return { status: 'taken', feed, added: added.length }
      } catch (error) {
        if (holdings.version(feed) === undefined) cameFrom.delete(feed)
        return failed(feed, piece, error)
      }
    },
  }
}

const held = (feed: FeedId, code: string, detail: string, untilMs: number): Outcome => ({
  status: 'held',
  feed,
  code,
  detail,
  untilMs,
})

/** ID-2: the server's id is the hash of its genesis, which stands first in its feed. */
const isGenesisOf = ({ from, events }: Piece, server: string, hash: Sha256): boolean => {
  const [first] = events
  if (from !== 1 || first === undefined) return false
  try {
    return encodeBase32(hashEvent(hash, splitEvent(first).headerBytes)) === server
  } catch {
    return false
  }
}

const retryMs = 5_000
const hourMs = 3_600_000
/** How long a missing body waits for the event that redacted it. */
const unprovenMs = 60_000
const unprovenMax = 100_000
