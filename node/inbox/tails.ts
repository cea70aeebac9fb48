/**
 * The ends of channels, and of threads, that somebody has unread messages in, in the order of arrival: what counts are
 * taken from. Shared by all readers, so that memory follows the places, not places × members; read from the log when
 * first asked for, followed from then on, and forgotten again when it was not asked for in a while.
 */
import type { EventId } from '../../spec/ids.ts'
import type { Mention } from '../../spec/mentions.ts'
import type { Entry, Position } from '../log/log.ts'
import { rootOf } from '../messages/states.ts'

/** A message, as far as counts go. */
export interface Arrival extends Pick<
  Entry,
  'position' | 'id' | 'channel' | 'feed' | 'seq' | 'node' | 'member' | 'auth'
> {
  readonly mentions: readonly Mention[]
  /** First event of the thread that it answers in. */
  readonly thread: EventId | undefined
}

export interface Tail {
  /** Every arrival after this position was looked at. */
  readonly from: Position
  /** Ascending position; what is hidden or deleted is not among them. */
  readonly arrivals: readonly Arrival[]
}

export interface Tails<K extends string> {
  /**
   * What arrived in the place after a position, as far as the last `limit` events: `from` is greater than `after`
   * where there was more. O(`limit`) reads when it is not in memory.
   */
  after(place: K, after: Position, limit: number): Promise<Tail>
  /** Takes what was committed. */
  follow(entry: Entry): void
  /** The body of a message is gone. Returns where it counted. */
  redacted(entry: Pick<Entry, 'channel' | 'id'>): K[]
  /** Cuts or grants have changed: what is hidden is asked anew. */
  judgeAgain(): void
  readonly kept: number
}

/** What a place ends with, as the log has it. */
export interface End {
  /** Ascending position. */
  readonly entries: readonly Entry[]
  /** Every arrival after it is among them. */
  readonly from: Position
  /** There was more than was asked for. */
  readonly isCut: boolean
}

export interface TailsComponents<K extends string> {
  /** The last events after a position, at most `limit`. */
  readonly read: (place: K, after: Position, limit: number) => Promise<End>
  /** Where an entry belongs; undefined: nowhere. */
  readonly placeOf: (entry: Entry) => K | undefined
  /** Those of these places where an event of the channel can be. */
  readonly placesIn: (channel: Entry['channel'], places: Iterable<K>) => Iterable<K>
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

export const createTails = <K extends string>(
  { read: readEnd, placeOf, placesIn, covers, mentionsOf }: TailsComponents<K>,
  { windowMax, keptMax }: { readonly windowMax: number; readonly keptMax: number },
): Tails<K> => {
  /** The one that was asked for last stands last. */
  const tails = new Map<K, Kept>()
  const reading = new Map<K, Reading>()
  let kept = 0
  let judgement = 0

  const arrivalOf = (entry: Entry): Arrival | undefined => {
    const mentions = mentionsOf(entry)
    if (mentions === undefined) return undefined
    const { position, id, channel, feed, seq, node, member, auth } = entry
    return { position, id, channel, feed, seq, node, member, auth, mentions, thread: rootOf(entry) }
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

  const remove = (tail: Kept | undefined, id: EventId): boolean => {
    const at = tail?.all.findLastIndex((arrival) => arrival.id === id) ?? -1
    if (tail === undefined || at < 0) return false
    tail.all.splice(at, 1)
    tail.shown = tail.shown.filter((arrival) => arrival.id !== id)
    kept--
    return true
  }

  const forget = (place: K): void => {
    kept -= (tails.get(place)?.all.length ?? -1) + 1
    tails.delete(place)
  }

  const forgetOldest = (): void => {
    for (const place of tails.keys()) {
      if (kept <= keptMax || tails.size === 1) return
      forget(place)
    }
  }

  const read = async (
    place: K,
    after: Position,
    limit: number,
    { early, redacted }: Omit<Reading, 'done'>,
  ): Promise<void> => {
    const { entries, from, isCut } = await readEnd(place, after, limit)
    const last = entries.at(-1)?.position ?? after
    forget(place)
    const tail: Kept = { from, depth: isCut ? 1 : 0, all: [], shown: [], judgement }
    tails.set(place, tail)
    kept++
    for (const entry of entries) take(tail, entry)
    for (const entry of early) if (entry.position > last) take(tail, entry)
    for (const id of redacted) remove(tail, id)
    forgetOldest()
  }

  const readInTurn = (place: K, after: Position, limit: number): Promise<void> => {
    const meanwhile = { early: [], redacted: new Set<EventId>() }
    const done = read(place, after, limit, meanwhile).finally(() => reading.delete(place))
    reading.set(place, { done, ...meanwhile })
    return done
  }

  return {
    get kept() {
      return kept
    },
    after: async (place, after, limit) => {
      for (;;) {
        const underWay = reading.get(place)
        const tail = tails.get(place)
        if (underWay !== undefined) await underWay.done
        else if (tail === undefined || (tail.from > after && tail.depth <= limit)) {
          await readInTurn(place, after, limit)
        } else {
          tails.delete(place)
          tails.set(place, tail)
          if (tail.judgement !== judgement) {
            tail.judgement = judgement
            tail.shown = tail.all.filter(covers)
          }
          return { from: tail.from, arrivals: tail.shown }
        }
      }
    },
    follow: (entry) => {
      const place = placeOf(entry)
      if (place === undefined) return
      reading.get(place)?.early.push(entry)
      const tail = tails.get(place)
      if (tail !== undefined) take(tail, entry)
    },
    redacted: ({ channel, id }) => {
      for (const place of placesIn(channel, reading.keys())) reading.get(place)?.redacted.add(id)
      return [...placesIn(channel, tails.keys())].filter((place) => remove(tails.get(place), id))
    },
    judgeAgain: () => {
      judgement++
    },
  }
}
