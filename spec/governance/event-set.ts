/** The set of governance events, and what follows from it alone: who cites what, and which feeds contradict themselves. */
import type { EventId, FeedId, NodeId } from '../ids.ts'
import type { GovernanceEvent } from './acts.ts'
import type { Cuts } from './cuts.ts'
import { splitAuthor, type AuthorKey } from './names.ts'
import { RootEvents } from './roots.ts'
import type { Grant } from './state.ts'

/** All that hangs on one event id, or on one holder of a root. The event itself may arrive last. */
export interface Slot {
  event: GovernanceEvent | undefined
  /** Events that act under this grant. */
  citing: Slot[] | undefined
  /** Some revocation names this grant. */
  named: boolean
  /** What is decided: */
  /** Quoted by whoever decided which branch of its feed counts; it goes before what stands at its position here. */
  restored: GovernanceEvent | undefined
  valid: boolean
  grant: Grant | undefined
  cuts: Cuts | undefined
}

export interface Inserted {
  readonly slot: Slot | undefined
  /** A feed was found to contradict itself; there may be no slot then. */
  readonly forked: boolean
  /** It may change who holds rank 0 (GOV-34). */
  readonly isAboutRoots: boolean
}

export class EventSet {
  readonly roots = new RootEvents()
  readonly #origin: GovernanceEvent
  readonly #slots = new Map<string, Slot>()
  readonly #positions = new Map<FeedId, Map<number, EventId>>()
  /** GOV-14: from this sequence number on, a feed that contradicts itself is void. */
  readonly #forks = new Map<FeedId, number>()
  readonly #named = new Set<NodeId>()
  /** GOV-38: events of forked feeds, by id; there may be one of each branch. */
  readonly #quoted = new Map<EventId, GovernanceEvent[]>()

  constructor(origin: GovernanceEvent) {
    this.#origin = origin
    this.insert(origin)
  }

  get size(): number {
    return this.#slots.size
  }

  slots(): Iterable<Slot> {
    return this.#slots.values()
  }

  /** A root grants to each of its holders: there, a grant is told by its holder. */
  slotOf(id: EventId, holder: AuthorKey): Slot | undefined {
    return this.#slots.get(this.#key(id, holder))
  }

  /** What stands in a feed here under that id, and what is quoted under it. */
  eventsOf(id: EventId): readonly GovernanceEvent[] {
    const quoted = this.#quoted.get(id) ?? []
    const event = this.#slots.get(id)?.event
    return event === undefined ? quoted : [event, ...quoted]
  }

  /** Of that id, whatever of it may count (GOV-14). */
  usableOf(id: EventId): readonly GovernanceEvent[] {
    const quoted = this.#quoted.get(id) ?? []
    const event = this.#slots.get(id)?.event
    return event === undefined || this.isForked(event) ? quoted : [event]
  }

  has(id: EventId): boolean {
    return this.#slots.get(id)?.event !== undefined || this.#quoted.has(id)
  }

  get hasQuotes(): boolean {
    return this.#quoted.size > 0
  }

  isValid(id: EventId): boolean {
    return this.#slots.get(id)?.valid === true
  }

  /** As `slotOf` when there is a holder; made when it is not there yet. */
  slot(id: EventId, holder?: AuthorKey): Slot {
    const key = holder === undefined ? id : this.#key(id, holder)
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    const slot = emptySlot()
    this.#slots.set(key, slot)
    return slot
  }

  /** Undefined: known already. */
  insert(event: GovernanceEvent): Inserted | undefined {
    const { id, feed, seq, act, auth } = event
    const known = this.#slots.get(id)?.event
    if (known !== undefined && (known === this.#origin || known.feed !== feed || known.seq === seq)) return undefined
    const forked = this.#place(event)
    if (known !== undefined) {
      return this.fork(feed, Math.min(seq, known.seq)) || forked
        ? { slot: undefined, forked: true, isAboutRoots: false }
        : undefined
    }
    const slot = this.slot(id)
    slot.event = event
    const resigns = act.type === 'revoke' && (act.target === this.#origin.id || this.roots.has(act.target))
    const isAboutRoots = this.roots.insert(event) || resigns
    if (act.type === 'root.set') this.#tellHolders(slot)
    if (auth !== undefined) cite(this.slot(auth, event.author), slot)
    if (act.type === 'revoke') this.slot(act.target, event.author).named = true
    if (act.type === 'feed.resolve') this.#quote(act.branch?.events ?? [])
    if (act.type === 'grant') this.#named.add(splitAuthor(act.to).node)
    if (act.type === 'server.genesis') for (const to of act.founders) this.#named.add(splitAuthor(to).node)
    if (act.type === 'root.set') for (const to of act.holders) this.#named.add(splitAuthor(to).node)
    return { slot, forked, isAboutRoots }
  }

  isNamed(node: NodeId): boolean {
    return this.#named.has(node)
  }

  isForked({ feed, seq }: Pick<GovernanceEvent, 'feed' | 'seq'>): boolean {
    return this.#forks.size > 0 && seq >= (this.#forks.get(feed) ?? Infinity)
  }

  /** Undefined: it does not fork. */
  forkOf(feed: FeedId): number | undefined {
    return this.#forks.get(feed)
  }

  #quote(events: readonly GovernanceEvent[]): void {
    for (const event of events) {
      const known = this.#quoted.get(event.id)
      if (known === undefined) this.#quoted.set(event.id, [event])
      else known.push(event)
      if (event.act.type === 'grant') this.#named.add(splitAuthor(event.act.to).node)
    }
  }

  #key(id: EventId, holder: AuthorKey): string {
    if (id === this.#origin.id) return holder
    return this.roots.has(id) ? `${id} ${holder}` : id
  }

  /** What cited a root before it was known to be one hangs on its holders from now on. */
  #tellHolders(root: Slot): void {
    const citing = root.citing ?? []
    root.citing = undefined
    for (const slot of citing) {
      if (slot.event?.auth !== undefined) cite(this.slot(slot.event.auth, slot.event.author), slot)
    }
  }

  /**
   * GOV-14: one position holds one event, and one id names one. Ids of two feeds differ (FEED-5), and two events with one
   * id at one position are for the seals to tell apart.
   */
  #place({ id, feed, seq }: GovernanceEvent): boolean {
    let positions = this.#positions.get(feed)
    if (positions === undefined) this.#positions.set(feed, (positions = new Map()))
    const placed = positions.get(seq)
    if (placed === undefined) positions.set(seq, id)
    return placed !== undefined && placed !== id && this.fork(feed, seq)
  }

  /** The feed is void from there on; true: that is news. */
  fork(feed: FeedId, seq: number): boolean {
    if (seq >= (this.#forks.get(feed) ?? Infinity)) return false
    this.#forks.set(feed, seq)
    return true
  }
}

const cite = (cited: Slot, slot: Slot): void => {
  if (cited.citing === undefined) cited.citing = [slot]
  else cited.citing.push(slot)
}

const emptySlot = (): Slot => ({
  event: undefined,
  citing: undefined,
  named: false,
  restored: undefined,
  valid: false,
  grant: undefined,
  cuts: undefined,
})
