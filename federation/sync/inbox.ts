/** What a peer says on `ctl` (SYNC-1). */
import { HearthError } from '../../spec/errors.ts'
import { decodeEvent } from '../../spec/event.ts'
import { feedIdOf } from '../../spec/feed.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import type { ChannelId, EventId, FeedId, NodeId, ServerId } from '../../spec/ids.ts'
import { decodeFrame } from '../../spec/sync/decode.ts'
import type {
  ChannelsFrame,
  ForkFrame,
  FeedState,
  NackFrame,
  Piece,
  ServersFrame,
  SyncFrame,
  UnknownFrame,
  VectorFrame,
} from '../../spec/sync/frames.ts'
import type { Acks } from './acks.ts'
import type { Version } from './components.ts'
import type { Forks } from './forks.ts'
import type { Fetcher } from './fetcher.ts'
import type { Holdings } from './holdings.ts'
import type { Intake, Outcome } from './intake.ts'
import type { Outbox } from './outbox.ts'
import type { Scope, Served } from './scope.ts'
import type { Session } from './session.ts'

export interface InboxParts {
  readonly hash: Sha256
  readonly clock: { now(): number }
  readonly nodeId: NodeId
  readonly scope: Scope
  readonly holdings: Holdings
  readonly forks: Forks
  readonly intake: Intake
  readonly outbox: Outbox
  readonly fetcher: Fetcher
  readonly acks: Acks
  /** How long a feed that was only told of may come by itself. */
  haveDelayMs(channel: ChannelId): number
  settled(session: Session, piece: Piece, outcome: Outcome): boolean
  /** It holds more of a feed than we knew: from `floor` on, or since ever. */
  replicated(session: Session, feed: FeedId, held: { readonly floor?: number; readonly head: number }): void
  forked(feed: FeedId): void
  /** Same number, different hash: somebody's origin lies. */
  suspect(session: Session, feed: FeedId): void
  grafted(session: Session, server: ServerId, eager: boolean): void
  /** The peer's list of what we share. */
  listed(session: Session, frame: ServersFrame): void
  /** What it holds of a channel is known. */
  seen(): void
}

export interface Inbox {
  readonly onFrames: (session: Session, frames: readonly Uint8Array[]) => Promise<void>
}

export const createInbox = (parts: InboxParts): Inbox => {
  const { hash, clock, nodeId, scope, holdings, forks, intake, outbox, fetcher, acks } = parts
  /** Channels of a vector that is told in several frames, with the feeds so far. */
  const partial = new Map<Session, Map<ChannelId, Set<FeedId>>>()
  const questions = new Map<Session, { sinceMs: number; count: number }>()

  const inStep = (session: Session, { server, channels }: Served): void => {
    session.behindSinceMs.delete(server)
    for (const channel of channels) sameIn(session, channel)
  }

  /** Both hold the same of a channel, so we know what the peer holds. */
  const sameIn = (session: Session, channel: ChannelId): void => {
    if (holdings.of(channel).some(({ isWhole }) => !isWhole)) acks.askForHistory(session, channel, historyMs)
    if (session.seen.has(channel)) return
    session.seen.add(channel)
    parts.seen()
    let theirs: Version | undefined
    for (const version of holdings.of(channel)) {
      const { feed, node, head, headId } = version
      session.known.set(feed, { floor: session.known.get(feed)?.floor, head, sent: head, stalled: false })
      if (node === session.node && headId > (theirs?.headId ?? '')) theirs = version
    }
    // SYNC-8: an ACK may have been lost with the last connection. Whether its history is here, only we know.
    if (theirs !== undefined && acks.isAll(session, theirs)) session.due.acks.set(theirs.feed, theirs.head)
  }

  const isOurs = (feed: FeedId): boolean => holdings.version(feed)?.node === nodeId

  const onServers = (session: Session, frame: ServersFrame): void => {
    parts.listed(session, frame)
    const shared = new Map(scope.sharedWith(session.node).map((one) => [one.server, one]))
    for (const { server, digest } of frame.servers) {
      const ours = shared.get(server)
      if (ours === undefined) continue
      if (same(outbox.digestOf(ours), digest)) inStep(session, ours)
      else session.due.channels.add(server)
    }
  }

  const onChannels = (session: Session, { server, channels }: ChannelsFrame): void => {
    const ours = scope.sharedWith(session.node).find((one) => one.server === server)
    const theirs = new Map(channels.map(({ channel, digest }) => [channel, digest]))
    for (const channel of ours?.channels ?? []) {
      const digest = theirs.get(channel)
      const mine = holdings.digest(channel)
      if (digest !== undefined && same(mine ?? emptyDigest, digest)) sameIn(session, channel)
      else if (digest !== undefined || mine !== undefined) session.due.vectors.set(channel, { ask: true })
    }
  }

  // SYNC-5
  const onVector = (session: Session, { channel, ask, more, feeds }: VectorFrame): void => {
    if (!scope.isShared(session.node, channel)) return
    let told = partial.get(session)
    if (told === undefined) partial.set(session, (told = new Map()))
    const names = told.get(channel) ?? new Set<FeedId>()
    for (const state of feeds) names.add(learn(session, state, 0))
    if (more && names.size < namesMax) {
      told.set(channel, names)
      return
    }
    told.delete(channel)
    session.seen.add(channel)
    parts.seen()
    for (const { feed } of holdings.of(channel)) {
      if (!names.has(feed)) session.known.set(feed, { floor: undefined, head: 0, sent: 0, stalled: false })
    }
    if (ask) session.due.vectors.set(channel, { ask: session.due.vectors.get(channel)?.ask ?? false })
  }

  /** What the peer holds of one feed, and whether we lack of it. */
  const learn = (session: Session, state: FeedState, afterMs: number): FeedId => {
    const { origin, floor, headHash } = state
    const feed = feedIdOf(hash, origin)
    const head = Math.min(state.head, (forks.at(feed) ?? Infinity) - 1)
    if (head < state.head) session.due.forks.add(feed)
    if (head < floor) return feed
    const mine = holdings.version(feed)
    if (mine !== undefined) {
      const reached = Math.min(head, mine.head)
      session.known.set(feed, { floor, head: reached, sent: reached, stalled: false })
      if (isOurs(feed)) parts.replicated(session, feed, { floor, head: reached })
      // SYNC-8: it may have waited for this: the origin has no more of the beginning than is here.
      const isAll = origin.node === session.node && !mine.isWhole && acks.isAll(session, mine)
      if (isAll) session.due.acks.set(feed, Math.max(mine.head, session.due.acks.get(feed) ?? 0))
      if (mine.head === state.head && head === state.head && !same(mine.headHash, headHash)) {
        parts.suspect(session, feed)
        return feed
      }
    }
    if (!scope.mayWrite(origin.node, origin.channel) && mine === undefined) return feed
    fetcher.offer(session, { ...state, head }, afterMs)
    const server = scope.serverOf(origin.channel)?.server
    if (server !== undefined && head > (mine?.head ?? 0) && !session.behindSinceMs.has(server)) {
      session.behindSinceMs.set(server, clock.now())
    }
    return feed
  }

  const onPush = async (session: Session, piece: Piece): Promise<void> => {
    session.peer.budget.spendEvents(piece.events.length)
    const outcome = await intake.take(session, piece)
    parts.settled(session, piece, outcome)
    if (outcome.status === 'taken') return
    if (outcome.status === 'held') fetchLater(session, piece, outcome.untilMs)
    const head = holdings.version(outcome.feed)?.head ?? 0
    session.due.nacks.set(outcome.feed, { head, code: outcome.code, detail: outcome.detail })
  }

  /** A push that is held is asked for when its time has come; the peer does not send it twice. */
  const fetchLater = (session: Session, { origin, from, events }: Piece, untilMs: number): void => {
    const last = events.at(-1)
    const headId = last === undefined ? undefined : idOf(last)
    if (headId === undefined) return
    const state = { origin, floor: from, head: from + events.length - 1, headHash: emptyDigest, headId }
    fetcher.offer(session, state, Math.max(0, untilMs - clock.now()))
  }

  const onAck = (session: Session, feed: FeedId, seq: number): void => {
    const mine = holdings.version(feed)
    if (mine === undefined || !scope.isShared(session.node, mine.channel)) return
    const known = session.known.get(feed) ?? { floor: undefined, head: 0, sent: 0, stalled: false }
    const acked = Math.min(seq, mine.head)
    const head = Math.max(known.head, acked)
    if (isOurs(feed)) parts.replicated(session, feed, { head: acked })
    session.known.set(feed, { ...known, head, sent: Math.max(known.sent, head), stalled: false })
    if (head < mine.head) session.due.pushes.add(feed)
  }

  const onNack = (session: Session, { feed, head, code, detail }: NackFrame): void => {
    session.lastError = `${code}: ${detail}`
    const mine = holdings.version(feed)
    const known = session.known.get(feed)
    if (mine === undefined || known === undefined) return
    const reached = Math.min(head, mine.head)
    // A hole is filled from where the peer says that it stands; anything else waits for its vector.
    const stalled = code !== 'CHAIN_BROKEN' || reached === known.head
    session.known.set(feed, { ...known, head: reached, sent: reached, stalled })
    if (!stalled) session.due.pushes.add(feed)
  }

  const onFork = (session: Session, frame: ForkFrame): void => {
    if (!scope.isShared(session.node, frame.origin.channel)) return
    const feed = feedIdOf(hash, frame.origin)
    const verdict = forks.take(frame)
    session.told.add(feed)
    if (verdict === 'false') session.peer.budget.fault(50, 'a proof of a fork that proves nothing')
    if (verdict === 'new') parts.forked(feed)
  }

  /** SYNC-15: what makes us answer with more than it took to ask. */
  const mayAsk = (session: Session): boolean => {
    const now = clock.now()
    const asked = questions.get(session)
    if (asked === undefined || now - asked.sinceMs >= 1_000) {
      questions.set(session, { sinceMs: now, count: 1 })
      return true
    }
    asked.count++
    if (asked.count <= questionsMax) return true
    session.peer.budget.fault(1, 'asks more often than anybody needs')
    return false
  }

  const onFrame = async (session: Session, frame: SyncFrame | UnknownFrame): Promise<void> => {
    switch (frame.type) {
      case 'summary':
        if (!mayAsk(session)) return
        if (!same(frame.digest, outbox.summaryOf(session.node))) session.due.servers = true
        else {
          for (const served of scope.sharedWith(session.node)) inStep(session, served)
          // Whatever went wrong has come right since.
          if (fetcher.isDone(session)) session.lastError = undefined
        }
        return
      case 'servers':
        return mayAsk(session) ? onServers(session, frame) : undefined
      case 'channels':
        return mayAsk(session) ? onChannels(session, frame) : undefined
      case 'vector':
        return onVector(session, frame)
      case 'have':
        if (!scope.isShared(session.node, frame.channel)) return
        for (const state of frame.feeds) learn(session, state, parts.haveDelayMs(frame.channel))
        return
      case 'push':
        return onPush(session, frame.piece)
      case 'ack':
        return onAck(session, frame.feed, frame.seq)
      case 'nack':
        return onNack(session, frame)
      case 'graft':
        return parts.grafted(session, frame.server, frame.eager)
      case 'fork':
        return onFork(session, frame)
      case 'want':
      case 'range':
      case 'end':
      case 'cancel':
      case 'whisper':
        throw new HearthError('FRAME_INVALID', `a ${frame.type} frame does not belong on ctl`)
      case 'unknown':
    }
  }

  return {
    async onFrames(session, frames) {
      // Pushes go to the disk together: one after another, each would wait for a sync of its own.
      const pushes: Promise<void>[] = []
      for (const bytes of frames) {
        let frame: SyncFrame | UnknownFrame
        try {
          frame = decodeFrame(bytes)
        } catch (error) {
          session.peer.budget.fault(50, 'a frame that does not decode')
          throw error
        }
        if (frame.type === 'push') pushes.push(onPush(session, frame.piece))
        else await onFrame(session, frame)
      }
      await Promise.all(pushes)
      if (session.closed) {
        partial.delete(session)
        questions.delete(session)
      } else session.wake()
    },
  }
}

/** Undefined: malformed, so nobody needs it. */
const idOf = (event: Uint8Array): EventId | undefined => {
  try {
    return decodeEvent(event).header.id
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
const emptyDigest = new Uint8Array(32)
/** Feeds in one vector of several frames. */
const namesMax = 100_000
const questionsMax = 50
/** Between two questions for history that nobody had the last time. */
const historyMs = 600_000
