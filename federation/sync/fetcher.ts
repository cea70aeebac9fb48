/**
 * What is missing here and who has it: one list of wants, fed by vectors and HAVEs, worked off by whichever entitled peer is
 * free. Order (SYNC-7): governance, tails of known feeds, the newest of unknown ones, then history downwards.
 */
import { HearthError } from '../../spec/errors.ts'
import { feedIdOf, type FeedOrigin } from '../../spec/feed.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import type { ChannelId, EventId, FeedId, ServerId } from '../../spec/ids.ts'
import { frameLimits, type FeedState, type Piece } from '../../spec/sync/frames.ts'
import type { Timers } from '../components.ts'
import type { Holdings } from './holdings.ts'
import type { Intake, Outcome } from './intake.ts'
import type { Range, RangeClient } from './range-client.ts'
import type { Scope } from './scope.ts'
import { reasonOf, type Session } from './session.ts'

export interface Fetcher {
  /** The peer has this of a feed; `afterMs`: it may well come by itself until then. */
  offer(session: Session, state: FeedState, afterMs?: number): void
  /** What was held of a server may be taken now: its governance has moved on. */
  release(server: ServerId): void
  /** Looks what can be asked for now. */
  schedule(): void
  forget(session: Session): void
  drop(feed: FeedId): void
  stop(): void
  /** A connected peer has older events of the feed than are here. */
  lacksHistory(feed: FeedId): boolean
  /** Channels of which this peer has newer events than are here. */
  readonly behindIn: (session: Session) => ReadonlySet<ChannelId>
  /** Nothing more is wanted of the peer. */
  isDone(session: Session): boolean
  /** What is missing of a server that this peer has. */
  readonly lagOf: (session: Session, server: ServerId) => number
  /** Events of a server below what is here, as far as connected peers have them. */
  historyOf(server: ServerId): { readonly done: number; readonly total: number }
}

export interface FetcherParts {
  readonly hash: Sha256
  readonly timers: Timers
  readonly clock: { now(): number }
  readonly random: () => number
  readonly scope: Scope
  readonly holdings: Holdings
  readonly intake: Intake
  readonly newest: number
  client(session: Session): RangeClient
  /** What became of a piece; the rest of the answer is taken only when it is true. */
  settled(session: Session, piece: Piece, outcome: Outcome): boolean
  /** A request has ended. */
  worked(): void
  /** Nothing more is wanted of the peer, and something was got. */
  caughtUp(session: Session): void
}

interface Source {
  floor: number
  head: number
  notBeforeMs: number
  failures: number
}

interface Want {
  readonly feed: FeedId
  readonly origin: FeedOrigin
  headId: EventId
  readonly sources: Map<Session, Source>
  busy: boolean
  notBeforeMs: number
}

interface Job {
  readonly want: Want
  readonly session: Session
  readonly range: Range
  readonly rank: number
}

export const createFetcher = (parts: FetcherParts): Fetcher => {
  const { hash, timers, clock, random, scope, holdings, intake } = parts
  const wants = new Map<FeedId, Want>()
  const progressed = new Set<Session>()
  let downs = 0
  let scheduled = false
  let alarm: { readonly atMs: number; readonly cancel: () => void } | undefined

  /** What to ask this source for, and how urgently; the lower the earlier. */
  const rangeOf = ({ feed, origin }: Want, source: Source): { range: Range; rank: number } | undefined => {
    const mine = holdings.version(feed)
    const governs = scope.serverOf(origin.channel)?.governance === origin.channel
    if (mine !== undefined && source.head > mine.head) {
      return { range: upTo(feed, mine.head + 1, source.head), rank: governs ? 0 : 1 }
    }
    if (mine === undefined) {
      const first = governs ? source.floor : Math.max(source.floor, source.head - parts.newest + 1)
      return { range: upTo(feed, first, source.head), rank: governs ? 0 : 2 }
    }
    if (source.floor >= mine.floor || mine.isWhole) return undefined
    const to = mine.floor - 1
    return { range: { feed, from: Math.max(source.floor, to - downEvents + 1), to, down: true }, rank: 3 }
  }

  /** The most urgent job that can start now. */
  const next = (): Job | undefined => {
    let best: Job | undefined
    let soonest = Infinity
    const now = clock.now()
    for (const want of wants.values()) {
      if (want.busy) continue
      for (const [session, source] of want.sources) {
        const job = rangeOf(want, source)
        if (job === undefined) {
          want.sources.delete(session)
          continue
        }
        const atMs = Math.max(want.notBeforeMs, source.notBeforeMs)
        if (atMs > now) {
          soonest = Math.min(soonest, atMs)
          continue
        }
        if (!isFree(session, job.range.down) || !scope.isShared(session.node, want.origin.channel)) continue
        if (best === undefined || isBefore({ ...job, want, session }, best)) best = { ...job, want, session }
      }
      if (want.sources.size === 0) wants.delete(want.feed)
    }
    if (best === undefined && soonest < Infinity) wakeAt(soonest)
    return best
  }

  /** History waits until nothing newer is on its way from anybody. */
  const isFree = (session: Session, down: boolean): boolean =>
    parts.client(session).open < requestsMax && (!down || downs < downsMax)

  const isBefore = (a: Job, b: Job): boolean => {
    if (a.rank !== b.rank) return a.rank < b.rank
    if (a.want !== b.want) return a.want.headId > b.want.headId
    return parts.client(a.session).open < parts.client(b.session).open
  }

  const wakeAt = (atMs: number): void => {
    if (alarm !== undefined && alarm.atMs <= atMs) return
    alarm?.cancel()
    const cancel = timers.after(Math.max(1, atMs - clock.now()), () => {
      alarm = undefined
      run()
    })
    alarm = { atMs, cancel }
  }

  const run = (): void => {
    for (let job = next(); job !== undefined; job = next()) void work(job)
  }

  const work = async ({ want, session, range }: Job): Promise<void> => {
    want.busy = true
    if (range.down) downs++
    const before = holdings.version(want.feed)
    let stopped: Outcome | undefined
    try {
      const turn = inTurn(session, range.down, (outcome) => (stopped ??= outcome))
      const end = await parts.client(session).ask(range, turn.take)
      await turn.done()
      const after = holdings.version(want.feed)
      const isNews =
        after?.head !== before?.head || after?.floor !== before?.floor || after?.isWhole !== before?.isWhole
      const source = want.sources.get(session)
      const isWanted = source !== undefined && rangeOf(want, source) !== undefined
      if (isNews) progressed.add(session)
      else if (stopped === undefined && isWanted) {
        throw new HearthError('NOT_FOUND', `the peer has not got what it said: ${end.code ?? 'nothing new'}`)
      }
      if (stopped?.status === 'held') want.notBeforeMs = Math.max(stopped.untilMs, clock.now() + heldMs)
      else if (stopped !== undefined) later(want, session)
    } catch (error) {
      session.lastError = reasonOf(error)
      later(want, session)
    } finally {
      if (range.down) downs--
      want.busy = false
    }
    settle(session)
    fetcher.schedule()
  }

  /** Joins pieces up to their seal; upwards the next is taken while the one before it is on its way to the disk. */
  const inTurn = (session: Session, down: boolean, stop: (outcome: Outcome) => void) => {
    let joined: Piece | undefined
    let joinedBytes = 0
    let pending: Promise<boolean>[] = []
    const done = async (): Promise<boolean> => {
      const results = await Promise.all(pending)
      pending = []
      return results.every(Boolean)
    }
    const put = async (piece: Piece): Promise<boolean> => {
      session.peer.budget.spendEvents(piece.events.length)
      const outcome = await intake.take(session, piece)
      if (outcome.status === 'taken' && outcome.added < piece.events.length) {
        // FEED-7: of what lies before the channel begins nothing is taken, and no more is asked for.
        holdings.touch(piece.origin.channel)
        if (down && holdings.version(outcome.feed)?.isWhole === true) return false
      }
      const goesOn = parts.settled(session, piece, outcome)
      if (!goesOn) stop(outcome)
      return goesOn
    }
    const take = async (piece: Piece): Promise<boolean> => {
      const whole: Piece = joined === undefined ? piece : join(joined, piece)
      joinedBytes += piece.events.reduce((sum, { length }) => sum + length, 0)
      if (piece.seal === undefined && !down) {
        joined = whole
        if (joinedBytes > joinedBytesMax) throw new HearthError('SEAL_INVALID', 'no seal comes')
        return true
      }
      joined = undefined
      joinedBytes = 0
      const isKnown = holdings.version(feedIdOf(hash, whole.origin)) !== undefined
      pending.push(put(whole))
      return isKnown && whole.redactedBy.size === 0 && pending.length < inFlightMax ? true : done()
    }
    return { take, done }
  }

  const later = (want: Want, session: Session): void => {
    const source = want.sources.get(session)
    if (source === undefined) return
    source.failures++
    if (source.failures >= failuresMax) want.sources.delete(session)
    else source.notBeforeMs = clock.now() + failureMs * 2 ** source.failures * (0.5 + random())
  }

  const settle = (session: Session): void => {
    parts.worked()
    if (session.closed || !progressed.has(session)) return
    if (!fetcher.isDone(session)) return
    progressed.delete(session)
    parts.caughtUp(session)
  }

  const fetcher: Fetcher = {
    offer(session, { origin, floor, head, headId }, afterMs = 0) {
      const feed = feedIdOf(hash, origin)
      if (wants.size >= wantsMax) return
      const known = wants.get(feed)
      const source = known?.sources.get(session)
      const want = known ?? { feed, origin, headId, sources: new Map(), busy: false, notBeforeMs: 0 }
      const fresh = { floor, head, notBeforeMs: clock.now() + afterMs, failures: source?.failures ?? 0 }
      if (rangeOf(want, fresh) === undefined) {
        want.sources.delete(session)
        return
      }
      if (source !== undefined) fresh.notBeforeMs = Math.min(fresh.notBeforeMs, source.notBeforeMs)
      if (headId > want.headId) want.headId = headId
      want.sources.set(session, fresh)
      wants.set(feed, want)
      fetcher.schedule()
    },
    release(server) {
      let isHeld = false
      for (const want of wants.values()) {
        if (scope.serverOf(want.origin.channel)?.server !== server) continue
        want.notBeforeMs = 0
        for (const source of want.sources.values()) if (source.failures === 0) source.notBeforeMs = 0
        isHeld = true
      }
      if (isHeld) fetcher.schedule()
    },
    schedule() {
      if (scheduled) return
      scheduled = true
      timers.soon(() => {
        scheduled = false
        run()
      })
    },
    forget(session) {
      progressed.delete(session)
      for (const want of wants.values()) {
        want.sources.delete(session)
        if (want.sources.size === 0) wants.delete(want.feed)
      }
    },
    drop: (feed) => void wants.delete(feed),
    stop() {
      wants.clear()
      alarm?.cancel()
    },
    lacksHistory(feed) {
      const mine = holdings.version(feed)
      if (mine?.isWhole === true) return false
      const floor = mine?.floor ?? Infinity
      for (const source of wants.get(feed)?.sources.values() ?? []) if (source.floor < floor) return true
      return false
    },
    behindIn(session) {
      const channels = new Set<ChannelId>()
      for (const want of wants.values()) {
        const source = want.sources.get(session)
        const job = source && rangeOf(want, source)
        if (job !== undefined && !job.range.down) channels.add(want.origin.channel)
      }
      return channels
    },
    isDone(session) {
      for (const want of wants.values()) {
        const source = want.sources.get(session)
        if (source !== undefined && rangeOf(want, source) !== undefined) return false
      }
      return true
    },
    lagOf(session, server) {
      let lag = 0
      for (const { feed, origin, sources } of wants.values()) {
        const source = sources.get(session)
        if (source === undefined || scope.serverOf(origin.channel)?.server !== server) continue
        const mine = holdings.version(feed)
        lag += mine === undefined ? Math.min(parts.newest, source.head) : Math.max(0, source.head - mine.head)
      }
      return lag
    },
    historyOf(server) {
      let done = 0
      let missing = 0
      for (const channel of scope.servers().find((one) => one.server === server)?.channels ?? []) {
        for (const { floor, head } of holdings.of(channel)) done += head - floor + 1
      }
      for (const { feed, origin, sources } of wants.values()) {
        if (scope.serverOf(origin.channel)?.server !== server) continue
        const mine = holdings.version(feed)
        const floor = Math.min(...[...sources.values()].map((source) => source.floor))
        const head = Math.max(...[...sources.values()].map((source) => source.head))
        missing +=
          mine === undefined
            ? head - floor + 1
            : Math.max(0, head - mine.head) + (mine.isWhole ? 0 : Math.max(0, mine.floor - floor))
      }
      return { done, total: done + missing }
    },
  }
  return fetcher
}

const upTo = (feed: FeedId, from: number, head: number): Range => ({
  feed,
  from,
  to: Math.min(head, from + frameLimits.rangeMax - 1),
  down: false,
})

const join = (a: Piece, b: Piece): Piece => {
  if (b.from !== a.from + a.events.length) throw new HearthError('CHAIN_BROKEN', 'pieces that do not follow')
  return {
    ...b,
    from: a.from,
    events: [...a.events, ...b.events],
    redactedBy: new Map([...a.redactedBy, ...b.redactedBy]),
    certificates: [...a.certificates, ...b.certificates],
  }
}

/** Below what a peer answers at a time: one that was given up may still be on its way out there. */
const requestsMax = 6
/** Requests for history at a time, of all peers: what is new goes first. */
const downsMax = 2
/** Events of history in one request, so that others get their turn. */
const downEvents = 16_384
/** Pieces of one answer on their way to the disk. */
const inFlightMax = 4
const joinedBytesMax = 16 * 1024 * 1024
const wantsMax = 100_000
const heldMs = 1_000
const failureMs = 500
const failuresMax = 8
