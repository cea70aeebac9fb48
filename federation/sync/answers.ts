/** Answers to the requests of others (SYNC-7): read piece by piece, each written before the next is read. */
import { decodeFrame } from '../../spec/sync/decode.ts'
import { encodeFrame } from '../../spec/sync/encode.ts'
import { frameLimits, type Piece, type WantFrame } from '../../spec/sync/frames.ts'
import type { NodeId } from '../../spec/ids.ts'
import { HearthError } from '../../spec/errors.ts'
import type { FrameStream } from '../components.ts'
import type { HotKeys, Slice, SyncLog } from './components.ts'
import type { Forks } from './forks.ts'
import type { Holdings } from './holdings.ts'
import type { Scope } from './scope.ts'
import { readAll, reasonOf, type Session } from './session.ts'

export interface AnswersParts {
  readonly log: Pick<SyncLog, 'slice'>
  readonly keys: HotKeys
  readonly scope: Scope
  readonly holdings: Holdings
  readonly forks: Forks
}

/** Serves one stream of requests until it ends. */
export const createAnswers = ({ log, keys, scope, holdings, forks }: AnswersParts) => {
  /** Undefined: not here, or not for this peer, which is not to learn which. */
  const held = (session: Session, { feed, from, to }: WantFrame) => {
    const version = holdings.version(feed)
    if (version === undefined || !scope.isShared(session.node, version.channel)) return undefined
    const last = Math.min(to, version.head, (forks.at(feed) ?? Infinity) - 1)
    return from > last || to < version.floor ? undefined : { first: Math.max(from, version.floor), last, version }
  }

  /** Ascending, each ending in a seal, until `to` is covered. */
  async function* upwards(session: Session, want: WantFrame): AsyncGenerator<Slice[]> {
    for (let from = want.from; ;) {
      const range = held(session, { ...want, from })
      if (range === undefined) return
      const slice = await log.slice(want.feed, range.first, Math.min(chunkEvents, range.version.head - range.first + 1))
      if (slice?.seal === undefined || slice.from !== range.first) return
      yield [slice]
      from = slice.seal.seq + 1
    }
  }

  /** Descending: chunk by chunk from `to` down, the pieces of each the last one first. */
  async function* downwards(session: Session, want: WantFrame): AsyncGenerator<Slice[]> {
    for (let { to } = want; to >= want.from;) {
      const range = held(session, { ...want, to })
      if (range === undefined || range.last < to) return
      const bottom = Math.max(range.first, to - chunkEvents + 1)
      const pieces = await chunk(want.feed, bottom, to)
      if (pieces.length === 0) return
      yield pieces.toReversed()
      to = bottom - 1
    }
  }

  const chunk = async (feed: WantFrame['feed'], bottom: number, top: number): Promise<Slice[]> => {
    const pieces: Slice[] = []
    for (let from = bottom; from <= top;) {
      const slice = await log.slice(feed, from, top - from + 1, true)
      if (slice?.from !== from || slice.events.length === 0) return []
      const whole = from + slice.events.length - 1 <= top
      const events = whole ? slice.events : slice.events.slice(0, top - from + 1)
      pieces.push({ ...slice, events, seal: whole ? slice.seal : undefined })
      from += events.length
    }
    return pieces
  }

  const answer = async (
    { session, stream, introduced }: Asking,
    want: WantFrame,
    isCancelled: () => boolean,
  ): Promise<void> => {
    let sent = 0
    const end = (code: string | undefined, detail: string) =>
      stream.write([encodeFrame({ type: 'end', id: want.id, code, detail })])
    try {
      for await (const slices of want.down ? downwards(session, want) : upwards(session, want)) {
        if (isCancelled() || session.closed) return
        const frames = slices.flatMap((slice) =>
          // A piece without its seal is joined to the next one upwards, and stands for itself downwards.
          inFrames(slice, want.down).map((part) => {
            const { node } = part.origin
            const certificates = introduced.has(node) ? [] : keys.of(node).map(({ certificate }) => certificate)
            introduced.add(node)
            const redactedBy = part.redactedBy ?? new Map()
            return encodeFrame({
              type: 'range',
              id: want.id,
              piece: { ...part, redactedBy, certificates } satisfies Piece,
            })
          }),
        )
        sent += slices.reduce((sum, { events }) => sum + events.length, 0)
        await stream.write(frames)
      }
      await (sent > 0 ? end(undefined, '') : end('NOT_FOUND', 'nothing of it is here for you'))
    } catch (error) {
      if (!(error instanceof HearthError)) throw error
      session.lastError = reasonOf(error)
      await end(error.code, 'the answer was cut short').catch(() => undefined)
    }
  }

  return {
    serve: async (session: Session, stream: FrameStream): Promise<void> => {
      const asking: Asking = { session, stream, introduced: new Set() }
      const cancelled = new Set<number>()
      const open = new Set<number>()
      await readAll(stream, async (bytes) => {
        const frame = decodeFrame(bytes)
        if (frame.type === 'cancel' && open.has(frame.id)) cancelled.add(frame.id)
        if (frame.type !== 'want') return
        const release = open.has(frame.id) ? undefined : session.peer.budget.openRequest()
        if (release === undefined) {
          const detail = 'too many requests are open'
          await stream.write([encodeFrame({ type: 'end', id: frame.id, code: 'RATE_LIMITED', detail })])
          return
        }
        if (held(session, frame) === undefined) session.peer.budget.fault(1, 'asks for what is not for it')
        open.add(frame.id)
        void answer(asking, frame, () => cancelled.has(frame.id))
          .catch((error: unknown) => stream.abort(lost(error)))
          .finally(() => {
            open.delete(frame.id)
            cancelled.delete(frame.id)
            release()
          })
      })
    },
  }
}

interface Asking {
  readonly session: Session
  readonly stream: FrameStream
  /** Nodes whose certificates went out on this stream. */
  readonly introduced: Set<NodeId>
}

/** A slice in pieces that each fit a frame; the seal is the last one's. Downwards the last one comes first. */
export const inFrames = (slice: Slice, down: boolean): Slice[] => {
  const parts: Slice[] = []
  let start = 0
  let bytes = 0
  const cut = (end: number, seal: Slice['seal']): void => {
    const events = slice.events.slice(start, end)
    if (events.length > 0) parts.push({ ...slice, from: slice.from + start, events, seal })
    start = end
    bytes = 0
  }
  slice.events.forEach((raw, index) => {
    if (bytes + raw.length > pieceBytesMax || index - start >= pieceEventsMax) cut(index, undefined)
    bytes += raw.length + eventOverheadBytes
  })
  cut(slice.events.length, slice.seal)
  return down ? parts.toReversed() : parts
}

const chunkEvents = 512
/** Leaves room in a frame for seal, certificates and redactions. */
const pieceBytesMax = 768 * 1024
const pieceEventsMax = Math.min(1_024, frameLimits.eventsMax)
/** CBOR head, and 34 bytes in case that it is redacted. */
const eventOverheadBytes = 40

const lost = (cause: unknown): HearthError =>
  cause instanceof HearthError ? cause : new HearthError('INTERNAL', 'an answer failed', { cause })
