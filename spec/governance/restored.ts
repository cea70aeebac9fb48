/** GOV-39: what is restored of forked feeds, in one walk over the ranks. Of feeds of messages nothing is (GOV-40). */
import type { EventId, FeedId } from '../ids.ts'
import type { GovernanceEvent } from './acts.ts'
import type { Branch } from './branches.ts'
import type { EventSet, Slot } from './event-set.ts'

export class Restored {
  /** Of the rank that is being decided; by the later id. */
  readonly #wanted = new Map<FeedId, { readonly id: EventId; readonly branch: Branch }>()
  /** The `feed.resolve` that counts. */
  readonly #decided = new Map<FeedId, EventId>()
  /** By the grant that they cite; taken once. */
  readonly #citing = new Map<Slot, Slot[]>()

  add({ id }: GovernanceEvent, branch: Branch | undefined): void {
    if (branch === undefined || this.#decided.has(branch.feed)) return
    const known = this.#wanted.get(branch.feed)
    if (known === undefined || known.id < id) this.#wanted.set(branch.feed, { id, branch })
  }

  /** The rank is decided: what it wants is restored for it and for those below. */
  choose(events: EventSet): void {
    for (const [feed, { id, branch }] of this.#wanted) {
      this.#decided.set(feed, id)
      const at = events.forkOf(feed)
      if (at === undefined || branch.from > at) continue
      for (const event of branch.events) {
        if (event.seq < at || event.auth === undefined || !isRestorable(event)) continue
        const slot = events.slot(event.id)
        slot.restored = event
        const cited = events.slot(event.auth, event.author)
        const citing = this.#citing.get(cited)
        if (citing === undefined) this.#citing.set(cited, [slot])
        else citing.push(slot)
      }
    }
    this.#wanted.clear()
  }

  decided(feed: FeedId): EventId | undefined {
    return this.#decided.get(feed)
  }

  take(grant: Slot): readonly Slot[] {
    const citing = this.#citing.get(grant)
    if (citing === undefined) return []
    this.#citing.delete(grant)
    return citing
  }
}

/** What would change ranks that are decided already is said anew, not restored. */
const isRestorable = ({ act, auth }: GovernanceEvent): boolean =>
  act.type !== 'root.set' &&
  act.type !== 'root.approve' &&
  act.type !== 'feed.resolve' &&
  act.type !== 'server.genesis' &&
  !(act.type === 'revoke' && act.target === auth)
