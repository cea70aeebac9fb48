/** SYNC-8: what is said to be on the disk here, to whom, and only once nothing before it is missing. */
import type { ChannelId, FeedId, NodeId } from '../../spec/ids.ts'
import type { Piece } from '../../spec/sync/frames.ts'
import type { Version } from './components.ts'
import type { Fetcher } from './fetcher.ts'
import type { Holdings } from './holdings.ts'
import type { Scope } from './scope.ts'
import type { Session } from './session.ts'

export interface Acks {
  /** A piece was taken: who pushed it and who wrote it both want to know. */
  readonly taken: (session: Session, piece: Piece, feed: FeedId) => void
  /** Is all of a feed of this peer's own here that it has itself? */
  readonly isAll: (author: Session, version: Version) => boolean
  /** Digests say nothing of floors: what the peer holds of the channel is asked for, unless that was `everyMs` ago or less. */
  readonly askForHistory: (session: Session, channel: ChannelId, everyMs: number) => void
}

export const createAcks = (parts: {
  readonly clock: { now(): number }
  readonly scope: Pick<Scope, 'isShared'>
  readonly holdings: Pick<Holdings, 'version'>
  readonly fetcher: Pick<Fetcher, 'lacksHistory'>
  readonly sessions: ReadonlyMap<NodeId, Session>
}): Acks => {
  const { clock, scope, holdings, fetcher, sessions } = parts

  // A first part that was never here may be gone at its author, too (FEED-7): only by its own word.
  const isAll: Acks['isAll'] = (author, { feed, floor, isWhole }) =>
    isWhole || floor <= (author.known.get(feed)?.floor ?? 0)

  const askForHistory: Acks['askForHistory'] = (session, channel, everyMs) => {
    const askedMs = session.historyAskedMs.get(channel)
    if (askedMs !== undefined && clock.now() - askedMs < everyMs) return
    session.historyAskedMs.set(channel, clock.now())
    session.due.vectors.set(channel, { ask: true })
  }

  return {
    isAll,
    askForHistory,
    taken(session, { origin, from, events }, feed) {
      const last = from + events.length - 1
      const known = session.known.get(feed)
      if (known === undefined) session.known.set(feed, { floor: undefined, head: last, sent: last, stalled: false })
      else if (known.head < last) Object.assign(known, { head: last, sent: Math.max(known.sent, last) })
      if (fetcher.lacksHistory(feed)) return
      const version = holdings.version(feed)
      const seq = version?.head ?? last
      for (const one of new Set([session, sessions.get(origin.node)])) {
        if (one === undefined || !scope.isShared(one.node, origin.channel)) continue
        if (one.node === origin.node && version !== undefined && !isAll(one, version)) {
          // Nothing is fetched: it has not said where it begins, or that was before it dropped of it.
          askForHistory(one, origin.channel, askAgainMs)
        } else one.due.acks.set(feed, Math.max(seq, one.due.acks.get(feed) ?? 0))
        one.wake()
      }
    },
  }
}

/** Between two questions of where an author's feed begins. */
const askAgainMs = 1_000
