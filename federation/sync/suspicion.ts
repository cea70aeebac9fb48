/** SYNC-11: a peer's history of a feed differs from ours. Both are compared where they part, and a proof is made of it. */
import type { Sha256 } from '../../spec/crypto.ts'
import type { FeedId } from '../../spec/ids.ts'
import { verifySeal } from '../../spec/seal.ts'
import type { Verify } from '../../spec/crypto.ts'
import type { Piece } from '../../spec/sync/frames.ts'
import type { HotKeys, Slice, SyncLog } from './components.ts'
import { compareHistories, type Forks } from './forks.ts'
import type { Holdings } from './holdings.ts'
import type { RangeClient } from './range-client.ts'
import { reasonOf, type Session } from './session.ts'

export interface SuspicionParts {
  readonly log: Pick<SyncLog, 'slice'>
  readonly hash: Sha256
  readonly verify: Verify
  readonly keys: HotKeys
  readonly holdings: Holdings
  readonly forks: Forks
  client(session: Session): RangeClient
  forked(feed: FeedId): void
}

/** One look at a feed at a time; further down each time the place is not found. */
export const createSuspicion = (parts: SuspicionParts) => {
  const { log, hash, verify, keys, holdings, forks } = parts
  const looking = new Set<FeedId>()

  const ours = async (feed: FeedId, from: number, to: number): Promise<Slice[]> => {
    const pieces: Slice[] = []
    for (let at = from; at <= to;) {
      const slice = await log.slice(feed, at, pieceEvents)
      if (slice?.seal === undefined) break
      pieces.push(slice)
      at = slice.seal.seq + 1
    }
    return pieces
  }

  const theirs = async (session: Session, feed: FeedId, from: number, to: number): Promise<Slice[]> => {
    const pieces: Slice[] = []
    let open: Slice | undefined
    await parts.client(session).ask({ feed, from, to, down: false }, async (piece: Piece) => {
      for (const certificate of piece.certificates) keys.learn(piece.origin.node, certificate)
      const whole: Slice =
        open === undefined ? piece : { ...piece, from: open.from, events: [...open.events, ...piece.events] }
      open = piece.seal === undefined ? whole : undefined
      if (piece.seal !== undefined) pieces.push(whole)
      return whole.events.length < eventsMax && pieces.length < eventsMax
    })
    const { node } = pieces[0]?.origin ?? {}
    return pieces.filter(
      ({ seal }) =>
        node !== undefined &&
        seal !== undefined &&
        keys.of(node).some(({ publicKey }) => verifySeal(hash, verify, publicKey, { feed, seal })),
    )
  }

  const look = async (session: Session, feed: FeedId): Promise<void> => {
    for (let span = firstSpan; ; span *= 8) {
      const version = holdings.version(feed)
      if (version === undefined || session.closed) return
      const from = Math.max(version.floor, version.head - span + 1)
      const their = await theirs(session, feed, from, version.head)
      const found = compareHistories(hash, await ours(feed, from, version.head), their)
      if (found === 'before' && from > version.floor) continue
      if (typeof found === 'string') {
        session.lastError = `feed ${feed} differs from ours, and no proof could be made (${found})`
        return
      }
      const certificates = keys.of(version.node).map(({ certificate }) => certificate)
      if (forks.take({ ...found, certificates }) === 'new') parts.forked(feed)
      return
    }
  }

  return {
    suspect: (session: Session, feed: FeedId): void => {
      if (looking.has(feed) || forks.at(feed) !== undefined) return
      looking.add(feed)
      void look(session, feed)
        .catch((error: unknown) => void (session.lastError = reasonOf(error)))
        .finally(() => looking.delete(feed))
    },
  }
}

const firstSpan = 1_024
const pieceEvents = 512
const eventsMax = 65_536
