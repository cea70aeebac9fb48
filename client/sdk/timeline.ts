import type { EventJson } from '../../spec/message.ts'
import type { EventId } from '../../spec/ids.ts'
import { createAnnotated, targetOf, type Annotated } from './annotated.ts'
import type { Verdict } from './authors.ts'
import type { Outgoing } from './outbox.ts'
import type { Mark } from './receipts.ts'

/** What a channel shows, top to bottom: events in display order, then what this device says and is not yet an event. */
export type TimelineItem =
  | {
      readonly kind: 'event'
      readonly event: EventJson
      /** Of one's own. */
      readonly mark?: Mark
      /** Of a message: whether its author said it; absent while that is looked into. */
      readonly verdict?: Verdict
    }
  | { readonly kind: 'outgoing'; readonly outgoing: Outgoing }

/**
 * The events of one channel that this client knows. Display order is the event id, whatever the order of arrival;
 * an event that comes twice is kept once (CALL history and catchup, and live events, overlap on purpose). Edits,
 * reactions and the like are no items: they change the message that they are about, whichever of the two comes first.
 *
 * Events older than the floor are counted but not shown: between them and the floor there may be others that no
 * page has brought yet.
 */
export interface Timeline {
  /** Live or caught up. True when it was new. */
  add(event: EventJson): boolean
  /**
   * A page of history that reaches down from the present floor (or from the newest event when nothing is shown), to
   * `next` where the node stopped between two messages (MSGS-17).
   */
  addPage(page: readonly EventJson[], reachedStart: boolean, next?: EventId): void
  /** Ascending id, from the floor up. */
  events(): readonly EventJson[]
  /** What `addPage` would show again after a restart, objects only made anew for what has changed; undefined: no page yet. */
  kept(): { readonly floor: EventId | ''; readonly events: readonly EventJson[] } | undefined
  /** Where the next page of history ends: the oldest event shown, or below it where nothing is until there. */
  readonly oldest: EventId | undefined
  /** The last to arrive here, 0 when nothing is known: what counts as seen once the end of the channel was shown. */
  readonly lastPosition: number
  /** A page was loaded: `events()` shows the channel without holes. */
  readonly isLoaded: boolean
  readonly reachedStart: boolean
  /** Messages of others that arrived here after a position, shown or not. */
  unreadAfter(position: number, isOwn: (event: EventJson) => boolean): number
  /** A hole has opened above what is known: forget all, load the newest page again. */
  clear(): void
}

export interface TimelineInit {
  /** Past it the oldest quarter is forgotten; history brings it back. Default 4,000. */
  readonly eventsMax?: number
  /** Events about messages that are not here; past it the oldest are forgotten. Default 1,000. */
  readonly waitingMax?: number
  /** Default: none is. */
  readonly isOwn?: (event: EventJson) => boolean
}

export const createTimeline = ({
  eventsMax = 4_000,
  waitingMax = 1_000,
  isOwn = () => false,
}: TimelineInit = {}): Timeline => {
  const known = new Map<EventId, Annotated>()
  /** Ascending id. */
  let sorted: EventJson[] = []
  /** By id, in the order of arrival. */
  const waiting = new Map<EventId, EventJson>()
  /** Undefined: no page yet. Empty: the start of the channel was reached. */
  let floor: EventId | '' | undefined
  let lastPosition = 0

  const insert = (event: EventJson): boolean => {
    lastPosition = Math.max(lastPosition, event.position)
    const before = known.get(event.id)
    if (before !== undefined) {
      before.retell(event)
      redraw(event.id, before)
      return false
    }
    const annotated = createAnnotated(event, isOwn)
    known.set(event.id, annotated)
    for (const one of waiting.values()) {
      if (aboutOf(one) !== event.id) continue
      annotated.add(one)
      waiting.delete(one.id)
    }
    sorted.splice(placeOf(sorted, event.id), 0, annotated.message)
    if (event.thread !== undefined && event.deleted !== true) annotate(event, event.thread)
    return true
  }

  const annotate = (event: EventJson, target: EventId): boolean => {
    lastPosition = Math.max(lastPosition, event.position)
    const annotated = known.get(target)
    if (annotated === undefined) {
      if (waiting.has(event.id)) return false
      waiting.set(event.id, event)
      for (const id of waiting.keys()) if (waiting.size > waitingMax) waiting.delete(id)
      return true
    }
    const isNew = annotated.add(event)
    if (isNew) redraw(target, annotated)
    return isNew
  }

  const redraw = (id: EventId, { message }: Annotated): void => {
    const place = placeOf(sorted, id)
    if (sorted[place]?.id === id) sorted[place] = message
  }

  const shown = (): EventJson[] => (floor === undefined ? [] : sorted.slice(placeOf(sorted, floor)))

  return {
    add: (event) => {
      const target = targetOf(event)
      if (target !== undefined) return annotate(event, target)
      const isNew = insert(event)
      if (sorted.length > eventsMax) {
        const forgotten = sorted.splice(0, Math.ceil(eventsMax / 4))
        for (const { id } of forgotten) known.delete(id)
        const bottom = sorted[0]?.id ?? ''
        if (floor !== undefined && floor < bottom) floor = bottom
      }
      return isNew
    },
    addPage: (page, reachedStart, next) => {
      for (const event of page) insert(event)
      const bottom = reachedStart ? '' : (next ?? page[0]?.id)
      if (bottom !== undefined && (floor === undefined || bottom < floor)) floor = bottom
    },
    events: shown,
    kept: () =>
      floor === undefined ? undefined : { floor, events: shown().map((event) => known.get(event.id)?.kept ?? event) },
    get oldest() {
      return floor === undefined || floor === '' ? undefined : floor
    },
    get lastPosition() {
      return lastPosition
    },
    get isLoaded() {
      return floor !== undefined
    },
    get reachedStart() {
      return floor === ''
    },
    unreadAfter: (position, isOwn) =>
      sorted.filter((event) => event.position > position && event.type === 'msg' && !isOwn(event)).length,
    clear: () => {
      known.clear()
      waiting.clear()
      sorted = []
      floor = undefined
    },
  }
}

/** What an event waits for: the message that it is about, or the first of its thread. */
const aboutOf = (event: EventJson): EventId | undefined => targetOf(event) ?? event.thread

/** Index of the first event whose id is not below `id`: where it stands or belongs. New events belong at the end. */
const placeOf = (sorted: readonly EventJson[], id: EventId | ''): number => {
  const last = sorted.at(-1)
  if (last === undefined || last.id < id) return sorted.length
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]!.id < id) low = middle + 1
    else high = middle
  }
  return low
}
