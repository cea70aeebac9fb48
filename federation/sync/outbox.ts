/** What is due to a peer, as frames: small things first, pushes last, about one batch at a time. */
import type { Sha256 } from '../../spec/crypto.ts'
import type { ChannelId, FeedId, NodeId, ServerId } from '../../spec/ids.ts'
import { serverDigest, summaryDigest } from '../../spec/sync/digest.ts'
import { encodeFrame } from '../../spec/sync/encode.ts'
import { frameLimits, type CtlFrame, type FeedState } from '../../spec/sync/frames.ts'
import type { Timers } from '../components.ts'
import type { HotKeys, Slice, SyncLog, Version } from './components.ts'
import type { Forks } from './forks.ts'
import type { Holdings } from './holdings.ts'
import type { Recent } from './recent.ts'
import type { Scope, Served } from './scope.ts'
import type { Known, Session } from './session.ts'

export interface OutboxParts {
  readonly log: Pick<SyncLog, 'slice'>
  readonly hash: Sha256
  readonly keys: HotKeys
  readonly clock: { now(): number }
  readonly timers: Pick<Timers, 'after'>
  readonly scope: Scope
  readonly holdings: Holdings
  readonly forks: Forks
  readonly recent: Recent
}

export interface Outbox {
  readonly nextFrames: (session: Session) => Promise<readonly Uint8Array[]>
  summaryOf(node: NodeId): Uint8Array
  digestOf(served: Served): Uint8Array
  knownOf(session: Session, version: Pick<Version, 'feed' | 'channel'>): Known | undefined
}

export const createOutbox = (parts: OutboxParts): Outbox => {
  const { log, hash, keys, clock, timers, scope, holdings, forks, recent } = parts

  const digestOf = ({ channels }: Served): Uint8Array =>
    serverDigest(
      hash,
      channels.flatMap((channel): [ChannelId, Uint8Array][] => {
        const digest = holdings.digest(channel)
        return digest === undefined ? [] : [[channel, digest]]
      }),
    )

  const summaryOf = (node: NodeId): Uint8Array =>
    summaryDigest(
      hash,
      scope.sharedWith(node).map((served): [ServerId, Uint8Array] => [served.server, digestOf(served)]),
    )

  /**
   * SYNC-15: the same list goes out twice a second at most: the first may have come before its reader joined the server.
   * A further one waits until the second is over: who asked may not ask again for long.
   */
  const isNews = (session: Session, name: string, digest: Uint8Array, due: () => void): boolean => {
    const text = Buffer.from(digest).toString('latin1')
    const last = session.answered.get(name)
    const isRepeat = last?.digest === text && clock.now() - last.atMs < repeatMs
    if (isRepeat && last.times >= repeatsMax) {
      if (session.putOff.has(name)) return false
      session.putOff.add(name)
      timers.after(Math.max(1, last.atMs + repeatMs - clock.now()), () => {
        session.putOff.delete(name)
        if (session.closed) return
        due()
        session.wake()
      })
      return false
    }
    session.answered.set(name, {
      digest: text,
      atMs: isRepeat ? last.atMs : clock.now(),
      times: isRepeat ? last.times + 1 : 1,
    })
    return true
  }

  function* lists(session: Session): Generator<CtlFrame> {
    const { due, node } = session
    if (due.summary) {
      due.summary = false
      yield { type: 'summary', digest: summaryOf(node) }
    }
    if (due.servers) {
      due.servers = false
      const shared = scope.sharedWith(node).slice(0, frameLimits.serversMax)
      const servers = shared.map((one) => ({ server: one.server, governance: one.governance, digest: digestOf(one) }))
      if (isNews(session, 'servers', summaryOf(node), () => void (due.servers = true)))
        yield { type: 'servers', servers }
    }
    for (const server of take(due.channels)) {
      const served = scope.sharedWith(node).find((one) => one.server === server)
      if (served === undefined || !isNews(session, server, digestOf(served), () => due.channels.add(server))) continue
      const channels = served.channels.slice(0, frameLimits.channelsMax).map((channel) => ({
        channel,
        digest: holdings.digest(channel) ?? emptyDigest,
      }))
      yield { type: 'channels', server, channels }
    }
  }

  function* vectors(session: Session): Generator<CtlFrame> {
    for (const [channel, { ask }] of [...session.due.vectors].slice(0, vectorsAtOnce)) {
      session.due.vectors.delete(channel)
      if (!scope.isShared(session.node, channel)) continue
      for (const [feed] of forks.in(channel)) if (!session.told.has(feed)) session.due.forks.add(feed)
      const later = (): void => {
        if (!session.due.vectors.has(channel)) session.due.vectors.set(channel, { ask: false })
      }
      if (!ask && !isNews(session, channel, holdings.digest(channel) ?? emptyDigest, later)) continue
      const feeds = holdings.of(channel).map(stateOf)
      for (let at = 0; at === 0 || at < feeds.length; at += frameLimits.feedsMax) {
        const more = at + frameLimits.feedsMax < feeds.length
        yield { type: 'vector', channel, ask, more, feeds: feeds.slice(at, at + frameLimits.feedsMax) }
      }
    }
  }

  function* small(session: Session): Generator<CtlFrame> {
    const { due } = session
    for (const [server, eager] of due.grafts) yield { type: 'graft', server, eager }
    for (const [feed, seq] of due.acks) yield { type: 'ack', feed, seq }
    for (const [feed, nack] of due.nacks) yield { type: 'nack', feed, ...nack }
    due.grafts.clear()
    due.acks.clear()
    due.nacks.clear()
  }

  function* haves(session: Session): Generator<CtlFrame> {
    const byChannel = new Map<ChannelId, FeedState[]>()
    for (const feed of take(session.due.haves)) {
      const version = holdings.version(feed)
      if (version === undefined || forks.at(feed) !== undefined || !scope.isShared(session.node, version.channel))
        continue
      if ((session.known.get(feed)?.head ?? 0) >= version.head) continue
      byChannel.set(version.channel, [...(byChannel.get(version.channel) ?? []), stateOf(version)])
    }
    for (const [channel, feeds] of byChannel) yield { type: 'have', channel, feeds }
  }

  const proofs = (session: Session): Uint8Array[] =>
    take(session.due.forks).flatMap((feed) => {
      const found = forks.get(feed)
      if (found === undefined || session.told.has(feed) || !scope.isShared(session.node, found.origin.channel))
        return []
      session.told.add(feed)
      return [found.proof]
    })

  const knownOf = (session: Session, { feed, channel }: Pick<Version, 'feed' | 'channel'>): Known | undefined => {
    const known = session.known.get(feed)
    if (known !== undefined || !session.seen.has(channel)) return known
    const none: Known = { floor: undefined, head: 0, sent: 0, stalled: false }
    session.known.set(feed, none)
    return none
  }

  /** The next push of one feed; undefined: nothing to push now. */
  const push = async (session: Session, feed: FeedId): Promise<Uint8Array | undefined> => {
    const version = holdings.version(feed)
    if (version === undefined || forks.at(feed) !== undefined) return undefined
    if (!scope.isShared(session.node, version.channel)) return undefined
    const known = knownOf(session, version)
    if (known === undefined) {
      session.due.vectors.set(version.channel, { ask: true })
      return undefined
    }
    const { head, sent, stalled } = known
    if (stalled || sent >= version.head || sent - head >= windowEvents) return undefined
    const piece = version.head - sent > pullEvents ? undefined : await pieceAt(version, sent + 1)
    if (piece === undefined) {
      session.due.haves.add(feed)
      return undefined
    }
    known.sent = piece.from + piece.events.length - 1
    const { node } = piece.origin
    const certificates = session.introduced.has(node) ? [] : keys.of(node).map(({ certificate }) => certificate)
    session.introduced.add(node)
    if (certificates.length === 0 && piece.frame !== undefined) return piece.frame
    const redactedBy = piece.redactedBy ?? new Map()
    return encodeFrame({ type: 'push', piece: { ...piece, redactedBy, certificates } }, allocate)
  }

  /** Sealed, and small enough for one frame; undefined: the peer had better ask. */
  const pieceAt = async (
    { feed, head }: Version,
    from: number,
  ): Promise<(Slice & { frame?: Uint8Array }) | undefined> => {
    const piece = recent.piece(feed, from) ?? (await log.slice(feed, from, Math.min(head - from + 1, pushEvents)))
    if (piece?.seal === undefined || piece.events.length > frameLimits.eventsMax) return undefined
    const bytes = piece.events.reduce((sum, { length }) => sum + length, 0)
    return bytes > pushBytesMax ? undefined : piece
  }

  return {
    digestOf,
    summaryOf,
    knownOf,
    async nextFrames(session) {
      const frames: Uint8Array[] = []
      for (const frame of small(session)) frames.push(encodeFrame(frame))
      for (const frame of lists(session)) frames.push(encodeFrame(frame))
      for (const frame of vectors(session)) frames.push(encodeFrame(frame))
      frames.push(...proofs(session))
      let bytes = frames.reduce((sum, { length }) => sum + length, 0)
      for (const feed of session.due.pushes) {
        if (bytes >= batchBytes) break
        const frame = await push(session, feed)
        if (frame === undefined) session.due.pushes.delete(feed)
        else {
          frames.push(frame)
          bytes += frame.length
        }
      }
      // What turned out to be unknown of the peer is asked with the same batch: nothing else may wake us for long.
      for (const frame of vectors(session)) frames.push(encodeFrame(frame))
      for (const frame of haves(session)) frames.push(encodeFrame(frame))
      return frames
    },
  }
}

export const stateOf = ({ node, channel, epoch, floor, head, headHash, headId }: Version): FeedState => ({
  origin: { node, channel, epoch },
  floor,
  head,
  headHash,
  headId,
})

const take = <T>(due: Set<T>): T[] => {
  const all = [...due]
  due.clear()
  return all
}

/** From the pool: frames are written once and whole. */
const allocate = (bytes: number): Uint8Array => Buffer.allocUnsafe(bytes)
const emptyDigest = new Uint8Array(32)
const repeatMs = 1_000
const repeatsMax = 2
const vectorsAtOnce = 64
const batchBytes = 256 * 1024
/** Pushed and not acknowledged. */
const windowEvents = 8_192
/** A peer that lacks more than this asks for it, at its own pace. */
const pullEvents = 4_096
const pushEvents = 512
const pushBytesMax = 768 * 1024
