import { HearthError } from '../../spec/errors.ts'
import { feedIdOf } from '../../spec/feed.ts'
import type { FeedId, NodeId, ServerId } from '../../spec/ids.ts'
import type { Piece, ServersFrame } from '../../spec/sync/frames.ts'
import type { FrameStream, Peer } from '../components.ts'
import { createAcks } from './acks.ts'
import { createAnswers } from './answers.ts'
import type { Equivocation, Replicated, Sync, SyncComponents, SyncInit, SyncStatus, Whisper } from './components.ts'
import { createFetcher } from './fetcher.ts'
import { createForks, readProof } from './forks.ts'
import { createHoldings } from './holdings.ts'
import { createInbox } from './inbox.ts'
import { createIntake, type Outcome } from './intake.ts'
import { createJoins } from './joins.ts'
import { createNewest } from './newest.ts'
import { createOutbox } from './outbox.ts'
import { createReseals } from './reseals.ts'
import { createRangeClient, type RangeClient } from './range-client.ts'
import { createRecent } from './recent.ts'
import { createScope } from './scope.ts'
import { createSession, reasonOf, type Session } from './session.ts'
import { createSpread } from './spread.ts'
import { createSuspicion } from './suspicion.ts'
import { createWhispers } from './whispers.ts'

/** Keeps the servers of this node in step with every node that serves them (spec/sync.md). Quiet until `start`. */
export const createSync = (components: SyncComponents, init: SyncInit): Sync => {
  const { log, peers, directory, hash, timers, clock, random, logger } = components
  const { nodeId, summaryMs = 30_000, meshMax = 32, newest = 50, answerMs = 30_000 } = init

  const sessions = new Map<NodeId, Session>()
  const clients = new Map<Session, RangeClient>()
  const replicatedBy = new Map<FeedId, Map<NodeId, number>>()
  const listeners = {
    replicated: new Set<Replicated>(),
    equivocation: new Set<(found: Equivocation) => void>(),
    whisper: new Set<(from: NodeId, whisper: Whisper) => void>(),
  }
  const stops: (() => void)[] = []

  const scope = createScope(directory)
  const forks = createForks(components)
  const holdings = createHoldings(components, forks)
  const recent = createRecent({ clock, isWanted: () => sessions.size > 0 })
  /** Whom the newest of a feed came from, so that hubs know whom it need not go to. */
  const cameFrom = new Map<FeedId, NodeId>()
  const shared = { ...components, nodeId, scope, forks, holdings, recent, newest, cameFrom }
  const intake = createIntake(shared)
  const outbox = createOutbox(shared)
  const answers = createAnswers(shared)
  const spread = createSpread({ ...shared, sessions }, { nodeId, meshMax })

  const client = (session: Session): RangeClient => {
    let known = clients.get(session)
    if (known === undefined) clients.set(session, (known = createRangeClient(session.peer, timers, answerMs)))
    return known
  }

  const forked = (feed: FeedId): void => {
    const found = forks.get(feed)
    if (found === undefined) return
    logger.warn({ feed, node: found.origin.node, at: found.at }, 'feed forked: its node wrote two histories')
    holdings.touch(found.origin.channel)
    fetcher.drop(feed)
    for (const session of sessions.values()) {
      if (!session.told.has(feed)) session.due.forks.add(feed)
      session.wake()
    }
    for (const listener of listeners.equivocation) listener(found)
  }

  const suspicion = createSuspicion({ ...shared, client, forked })
  const reseals = createReseals({ ...shared, client })

  /** What a piece leads to, wherever it came from. True: the rest of the answer may come. */
  const settled = (session: Session, piece: Piece, outcome: Outcome): boolean => {
    const { feed } = outcome
    if (piece.certificates.length > 0 && piece.origin.node === session.node) reseals.check(session)
    if (outcome.status === 'taken') {
      acks.taken(session, piece, feed)
      const served = scope.serverOf(piece.origin.channel)
      if (outcome.added > 0 && served?.governance === piece.origin.channel) fetcher.release(served.server)
      changed()
      return true
    }
    session.lastError = `${outcome.code}: ${outcome.detail}`
    logger.debug({ peer: session.node, from: piece.from, ...outcome }, `piece ${outcome.status}`)
    if (outcome.status === 'dropped') session.peer.budget.fault(25, `${outcome.code}: ${outcome.detail}`)
    if (outcome.status === 'forked') suspicion.suspect(session, feed)
    return false
  }

  const fetcher = createFetcher({
    ...shared,
    intake,
    client,
    settled,
    caughtUp(session) {
      session.lastError = undefined
      session.due.summary = true
      session.wake()
    },
    worked: () => changed(),
  })

  const acks = createAcks({ ...shared, fetcher, sessions })
  const newestHere = createNewest({ scope, sessions, timers, behindIn: fetcher.behindIn })
  const changed = (): void => {
    joins.changed()
    newestHere.changed()
  }

  const joins = createJoins({ scope, directory, sessions, timers, lagOf: fetcher.lagOf })

  const inbox = createInbox({
    ...shared,
    intake,
    outbox,
    fetcher,
    acks,
    settled,
    forked,
    suspect: suspicion.suspect,
    haveDelayMs: (channel) => (spread.isMesh(channel) ? 0 : haveDelayMs),
    replicated(session, feed, { floor = 1, head }) {
      let by = replicatedBy.get(feed)
      if (by === undefined) replicatedBy.set(feed, (by = new Map()))
      const before = by.get(session.node) ?? 0
      // Replicated is everything up to there: who begins later has not got what is before it.
      const isWhole = floor <= Math.max(before + 1, holdings.version(feed)?.floor ?? 1)
      if (before >= head || !isWhole) return
      by.set(session.node, head)
      for (const listener of listeners.replicated) listener(feed, head, session.node)
    },
    grafted: (session, server, eager) => void (grafts(session) && session.grafted.set(server, eager)),
    listed: (session, frame: ServersFrame) => joins.listed(session, frame),
    seen: () => newestHere.changed(),
  })

  const whispers = createWhispers((session, whisper) => {
    for (const listener of listeners.whisper) listener(session.node, whisper)
  })

  const welcome = (peer: Peer): void => {
    sessions.get(peer.nodeId)?.close()
    const session = createSession(peer, {
      timers,
      nextFrames: outbox.nextFrames,
      onFrames: inbox.onFrames,
      onClosed: (closed) => {
        clients.get(closed)?.close(new HearthError('CONNECTION_LOST', 'the peer is gone'))
        clients.delete(closed)
        fetcher.forget(closed)
        if (sessions.get(peer.nodeId) === closed) sessions.delete(peer.nodeId)
        spread.regraft()
        fetcher.schedule()
      },
    })
    sessions.set(peer.nodeId, session)
    hasNewScope(session)
    const serving = (serve: (of: Session, stream: FrameStream) => Promise<void>) => (stream: FrameStream) =>
      void serve(session, stream).then(
        () => stream.close(),
        (error: unknown) => {
          session.lastError = reasonOf(error)
          const isTheirs = error instanceof HearthError && error.code === 'FRAME_INVALID'
          if (isTheirs) peer.budget.fault(50, 'a frame that does not decode')
          stream.abort(error instanceof HearthError ? error : new HearthError('INTERNAL', reasonOf(error)))
        },
      )
    peer.connection.onStream('range', serving(answers.serve))
    peer.connection.onStream('eph', serving(whispers.serve))
    spread.regraft()
  }

  /** SYNC-4: two random peers a round, at random times. */
  const round = (): void => {
    const all = [...sessions.values()]
    for (let i = 0; i < Math.min(peersPerRound, all.length); i++) {
      const session = all.splice(Math.floor(random() * all.length), 1)[0]
      if (session === undefined) break
      session.due.summary = true
      session.wake()
    }
    plan()
  }
  let cancelRound: (() => void) | undefined
  const plan = (): void => {
    cancelRound = timers.after(summaryMs * (0.5 + random()), round)
  }

  const directoryChanged = (): void => {
    scope.forget()
    spread.forget()
    changed()
    for (const session of sessions.values()) {
      if (!hasNewScope(session)) continue
      session.due.summary = true
      session.wake()
    }
    spread.regraft()
    fetcher.schedule()
  }

  /** Other channels are shared with the peer than before. */
  const hasNewScope = (session: Session): boolean => {
    const before = session.sharedChannels
    session.sharedChannels = new Set(scope.sharedWith(session.node).flatMap(({ channels }) => channels))
    return (
      session.sharedChannels.size !== before.size || [...session.sharedChannels].some((channel) => !before.has(channel))
    )
  }

  const watchLog = (): void => {
    stops.push(
      log.onCommitted((entries) => {
        const news = new Map<FeedId, Piece['origin']['channel']>()
        for (const { channel, feed, node } of entries) {
          if (node !== nodeId || cameFrom.has(feed)) news.set(feed, channel)
          holdings.touch(channel, feed)
        }
        recent.committed(entries.filter(({ node, feed }) => node === nodeId && !news.has(feed)))
        for (const [feed, channel] of news) spread.announce(channel, feed, cameFrom.get(feed))
      }),
      log.onRetained((channel) => holdings.touch(channel)),
      log.onSealed((sealed) => {
        for (const { origin, feed, seal } of sealed) {
          recent.sealed(origin, feed, seal)
          holdings.touch(origin.channel, feed)
          spread.announce(origin.channel, feed, undefined)
        }
      }),
    )
  }

  return {
    start() {
      for (const bytes of init.proofs ?? []) {
        const frame = readProof(bytes)
        if (frame !== undefined && forks.take(frame) === 'new')
          holdings.touch(frame.origin.channel, feedIdOf(hash, frame.origin))
      }
      watchLog()
      stops.push(directory.onChanged(directoryChanged), peers.onPeer(welcome))
      plan()
    },
    async stop() {
      cancelRound?.()
      for (const stop of stops.splice(0)) stop()
      for (const session of sessions.values()) session.close()
      joins.stop()
      newestHere.stop()
      fetcher.stop()
      await Promise.resolve()
    },
    join(server, from) {
      scope.left.delete(server)
      return joins.join(server, from)
    },
    newest: newestHere.wait,
    leave(server) {
      scope.left.add(server)
      joins.leave(server)
      directoryChanged()
    },
    status: () =>
      scope
        .servers()
        .flatMap(({ server, governance }) =>
          [...new Set([...directory.peersOf(governance), ...joiningFrom(server)])].map((node): SyncStatus =>
            statusOf(server, node),
          ),
        ),
    equivocations: forks.all,
    onEquivocation: (listener) => subscribe(listeners.equivocation, listener),
    holders: (feed, seq) => [...(replicatedBy.get(feed)?.values() ?? [])].filter((head) => head >= seq).length,
    onReplicated: (listener) => subscribe(listeners.replicated, listener),
    whisper(to, whisper) {
      const session = sessions.get(to)
      return session === undefined ? Promise.resolve(false) : whispers.send(session, whisper)
    },
    onWhisper: (listener) => subscribe(listeners.whisper, listener),
    links: () => new Set([...spread.links(), ...[...scope.joining.values()].map(({ from }) => from)]),
    async [Symbol.asyncDispose]() {
      await this.stop()
    },
  }

  function joiningFrom(server: ServerId): NodeId[] {
    const joining = scope.joining.get(server)
    return joining === undefined ? [] : [joining.from]
  }

  function statusOf(server: ServerId, node: NodeId): SyncStatus {
    const session = sessions.get(node)
    const lagEvents = session === undefined ? 0 : fetcher.lagOf(session, server)
    const sinceMs = session?.behindSinceMs.get(server)
    return {
      server,
      node,
      connected: session !== undefined,
      lagEvents,
      lagSeconds:
        sinceMs === undefined || lagEvents === 0 ? 0 : Math.max(0, Math.round((clock.now() - sinceMs) / 1_000)),
      backfill: fetcher.historyOf(server),
      lastError: session?.lastError,
    }
  }
}

/** A leaf may ask for so many servers, and no more. */
const grafts = (session: Session): boolean => session.grafted.size < graftsMax

const subscribe = <T>(set: Set<T>, listener: T): (() => void) => {
  set.add(listener)
  return () => set.delete(listener)
}

const peersPerRound = 2
/** Time for the eager push to come, before a feed that we were only told of is asked for. */
const haveDelayMs = 500
const graftsMax = 1_000
