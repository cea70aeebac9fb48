/**
 * The end of each channel that somebody has unread messages in, in the order of arrival: what counts are taken from.
 * Shared by all readers, so that memory follows the channels, not channels × members; read from the log when first asked for,
 * followed from then on, and forgotten again when it was not asked for in a while.
 */
import type { ChannelId, EventId } from '../../spec/ids.ts'
import type { Mention } from '../../spec/mentions.ts'
import type { Entry, Log, Position } from '../log/log.ts'

/** A message, as far as counts go. */
export interface Arrival extends Pick<
  Entry,
  'position' | 'id' | 'channel' | 'feed' | 'seq' | 'node' | 'member' | 'auth'
> {
  readonly mentions: readonly Mention[]
}

export interface Tail {
  /** Every arrival after this position was looked at. */
  readonly from: Position
  /** Ascending position; what is hidden or deleted is not among them. */
  readonly arrivals: readonly Arrival[]
}

export interface Tails {
  /**
   * What arrived in the channel after a position, as far as the last `limit` events: `from` is greater than `after`
   * where there was more. O(`limit`) reads when it is not in memory.
   */
  after(channel: ChannelId, after: Position, limit: number): Promise<Tail>
  /** Takes what was committed. */
  follow(entry: Entry): void
  /** The body of a message is gone. */
  redacted(channel: ChannelId, id: EventId): void
  /** Cuts or grants have changed: what is hidden is asked anew. */
  judgeAgain(): void
  readonly kept: number
}

export interface TailsComponents {
  readonly log: Pick<Log, 'newest'>
  readonly covers: (arrival: Arrival) => boolean
  /** Undefined: not a message. */
  readonly mentionsOf: (entry: Entry) => readonly Mention[] | undefined
}

interface Kept {
  from: Position
  /** Arrivals that were looked at, of every kind, the one at `from` too. */
  depth: number
  all: Arrival[]
  shown: Arrival[]
  judgement: number
}

/** Under way; what happens meanwhile is taken after it. */
interface Reading {
  readonly done: Promise<void>
  readonly early: Entry[]
  readonly redacted: Set<EventId>
}

export const createTails = (
  { log, covers, mentionsOf }: TailsComponents,
  { windowMax, keptMax }: { readonly windowMax: number; readonly keptMax: number },
): Tails => {
  /** The one that was asked for last stands last. */
  const tails = new Map<ChannelId, Kept>()
  const reading = new Map<ChannelId, Reading>()
  let kept = 0
  let judgement = 0

  const arrivalOf = (entry: Entry): Arrival | undefined => {
    const mentions = mentionsOf(entry)
    if (mentions === undefined) return undefined
    const { position, id, channel, feed, seq, node, member, auth } = entry
    return { position, id, channel, feed, seq, node, member, auth, mentions }
  }

  const take = (tail: Kept, entry: Entry): void => {
    tail.depth++
    const arrival = arrivalOf(entry)
    if (arrival === undefined) return
    tail.all.push(arrival)
    if (tail.judgement === judgement && covers(arrival)) tail.shown.push(arrival)
    kept++
    if (tail.all.length >= 2 * windowMax) shorten(tail)
  }

  const shorten = (tail: Kept): void => {
    const gone = tail.all.splice(0, tail.all.length - windowMax)
    tail.from = gone.at(-1)?.position ?? tail.from
    tail.shown = tail.shown.filter(({ position }) => position > tail.from)
    kept -= gone.length
  }

  const remove = (tail: Kept, id: EventId): void => {
    const at = tail.all.findLastIndex((arrival) => arrival.id === id)
    if (at < 0) return
    tail.all.splice(at, 1)
    tail.shown = tail.shown.filter((arrival) => arrival.id !== id)
    kept--
  }

  const forget = (channel: ChannelId): void => {
    kept -= (tails.get(channel)?.all.length ?? -1) + 1
    tails.delete(channel)
  }

  const forgetOldest = (): void => {
    for (const channel of tails.keys()) {
      if (kept <= keptMax || tails.size === 1) return
      forget(channel)
    }
  }

  const read = async (
    channel: ChannelId,
    after: Position,
    limit: number,
    { early, redacted }: Omit<Reading, 'done'>,
  ): Promise<void> => {
    const entries = await log.newest(channel, after, limit + 1)
    const before = entries.length > limit ? entries.shift() : undefined
    const last = entries.at(-1)?.position ?? after
    forget(channel)
    const from = before?.position ?? after
    const tail: Kept = { from, depth: before === undefined ? 0 : 1, all: [], shown: [], judgement }
    tails.set(channel, tail)
    kept++
    for (const entry of entries) take(tail, entry)
    for (const entry of early) if (entry.position > last) take(tail, entry)
    for (const id of redacted) remove(tail, id)
    forgetOldest()
  }

  const readInTurn = (channel: ChannelId, after: Position, limit: number): Promise<void> => {
    const meanwhile = { early: [], redacted: new Set<EventId>() }
    const done = read(channel, after, limit, meanwhile).finally(() => reading.delete(channel))
    reading.set(channel, { done, ...meanwhile })
    return done
  }

  return {
    get kept() {
      return kept
    },
    after: async (channel, after, limit) => {
      for (;;) {
        const underWay = reading.get(channel)
        const tail = tails.get(channel)
        if (underWay !== undefined) await underWay.done
        else if (tail === undefined || (tail.from > after && tail.depth <= limit)) {
          await readInTurn(channel, after, limit)
        } else {
          tails.delete(channel)
          tails.set(channel, tail)
          if (tail.judgement !== judgement) {
            tail.judgement = judgement
            tail.shown = tail.all.filter(covers)
          }
          return { from: tail.from, arrivals: tail.shown }
        }
      }
    },
    follow: (entry) => {
      reading.get(entry.channel)?.early.push(entry)
      const tail = tails.get(entry.channel)
      if (tail !== undefined) take(tail, entry)
    },
    redacted: (channel, id) => {
      reading.get(channel)?.redacted.add(id)
      const tail = tails.get(channel)
      if (tail !== undefined) remove(tail, id)
    },
    judgeAgain: () => {
      judgement++
    },
  }
}
