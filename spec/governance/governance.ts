/**
 * Who may do what: a pure function of the SET of governance events of one server (spec/governance.md GOV-8 … GOV-19).
 * Grants reach downwards in rank only, and so do revocations; so everything about rank k is decided by events
 * above it, and walking the ranks from 0 downwards decides each event once, in whatever order it came.
 *
 * `apply` decides a new event at once where it cannot touch what is decided already, and walks again where it can.
 */
import type { ChannelId, EventId, FeedId, NodeId } from '../ids.ts'
import { allPermissions } from '../permissions.ts'
import type { Genesis, GovernanceEvent, GrantAct, RevokeAct } from './acts.ts'
import { isWithin } from './cuts.ts'
import { EventSet, type Slot } from './event-set.ts'
import type { AuthorKey } from './names.ts'
import { isPermitted } from './permitted.ts'
import type { Register } from './registers.ts'
import { countedBits, roleBits, type RoleEdits } from './role-bits.ts'
import { resolveRoots, type Proposal, type Root, type Roots } from './roots.ts'
import { Restored } from './restored.ts'
import type { ChannelState, Governance, Grant, RegisterState, Verdict } from './state.ts'

/** A server begins with its genesis event (GOV-2); another genesis in the same channel is nothing. */
export const createGovernance = (origin: GovernanceEvent): Governance => {
  if (origin.act.type !== 'server.genesis') throw new TypeError('a server begins with its genesis')
  return new State(origin, origin.act)
}

/** Slots of valid grants that a walk has yet to come to, by rank. */
type Pending = Map<number, Slot[]>

class State implements Governance {
  readonly genesis: Genesis
  walks = 0
  readonly #origin: GovernanceEvent
  readonly #events: EventSet
  #restored = new Restored()
  #roots: Roots = { chain: [], proposals: [], valid: new Set() }

  /** Decided, like `valid`, `grant` and `cuts` of the slots. */
  readonly channels: Map<ChannelId, ChannelState> = new Map()
  readonly #grants = new Map<AuthorKey, Slot[]>()
  readonly #roleEdits: RoleEdits = new Map()
  readonly #registers = new Map<string, RegisterState>()
  readonly #addresses = new Map<AuthorKey, { readonly id: EventId; readonly address: string }>()

  constructor(origin: GovernanceEvent, genesis: Genesis) {
    this.genesis = genesis
    this.#origin = origin
    this.#events = new EventSet(origin)
    this.#walk()
  }

  apply(events: readonly GovernanceEvent[]): boolean {
    let changed = false
    let disturbed = events.length > this.#events.size || this.#events.hasQuotes
    for (const event of events) {
      const inserted = this.#events.insert(event)
      if (inserted === undefined) continue
      changed = true
      const { slot, forked, isAboutRoots } = inserted
      if (slot === undefined || forked || isAboutRoots || slot.named) disturbed = true
      if (disturbed || slot === undefined) continue
      const grant = this.#grantFor(event)
      if (grant === undefined || !this.#permits(grant, event)) continue
      disturbed = this.#disturbs(slot, event)
      if (!disturbed) this.#take(slot, event, grant)
    }
    if (disturbed && changed) this.#walk()
    return changed
  }

  judge(event: Pick<GovernanceEvent, 'author' | 'auth' | 'feed' | 'seq'>): Verdict {
    const { auth, feed, seq, author } = event
    if (auth === undefined) return feed === this.#origin.feed && seq === this.#origin.seq ? 'valid' : 'rejected'
    const grant = this.#events.slotOf(auth, author)
    if (grant?.grant === undefined) return this.#events.has(auth) ? 'rejected' : 'waiting'
    if (grant.grant.to !== author) return 'rejected'
    return this.#stands(event, grant, false) ? 'valid' : 'hidden'
  }

  grantUnder({
    auth,
    feed,
    seq,
    author,
  }: Pick<GovernanceEvent, 'author' | 'auth' | 'feed' | 'seq'>): Grant | undefined {
    const slot = auth === undefined ? undefined : this.#events.slotOf(auth, author)
    return slot?.grant?.to === author && this.#stands({ feed, seq }, slot, false) ? slot.grant : undefined
  }

  isValid(id: EventId): boolean {
    return this.#events.isValid(id)
  }

  isGrantedTo(grant: EventId, author: AuthorKey): boolean | undefined {
    const known = this.#events.eventsOf(grant)
    if (known.length === 0) return undefined
    return known.some(({ id, act }) => {
      if (act.type === 'server.genesis') return id === this.#origin.id && act.founders.includes(author)
      return act.type === 'root.set' ? act.holders.includes(author) : act.type === 'grant' && act.to === author
    })
  }

  fork(feed: FeedId, at: number): boolean {
    if (!this.#events.fork(feed, at)) return false
    this.#walk()
    return true
  }

  isForked(event: Pick<GovernanceEvent, 'feed' | 'seq'>): boolean {
    return this.#events.isForked(event)
  }

  resolvedBy(feed: FeedId): EventId | undefined {
    return this.#restored.decided(feed)
  }

  isNamed(node: NodeId): boolean {
    return this.#events.isNamed(node)
  }

  standing(author: AuthorKey): Grant | undefined {
    let best: Grant | undefined
    for (const { grant, cuts } of this.#grants.get(author) ?? []) {
      if (grant === undefined || cuts !== undefined) continue
      // Of roots the oldest: what is done under it hangs on the fewest others.
      const isNewer = best !== undefined && grant.rank === best.rank && grant.rank > 0 && grant.id > best.id
      if (best === undefined || grant.rank < best.rank || isNewer) best = grant
    }
    return best
  }

  liveGrants(author: AuthorKey): Grant[] {
    const grants = this.#grants.get(author) ?? []
    return grants.flatMap(({ grant, cuts }) => (grant === undefined || cuts !== undefined ? [] : [grant]))
  }

  register(key: string): RegisterState | undefined {
    return this.#registers.get(key)
  }

  registers(prefix: string): [key: string, state: RegisterState][] {
    return [...this.#registers].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))
  }

  authors(): Iterable<AuthorKey> {
    return this.#grants.keys()
  }

  address(author: AuthorKey): string | undefined {
    return this.#addresses.get(author)?.address
  }

  get roots(): readonly Root[] {
    return this.#roots.chain
  }

  get root(): Root {
    return this.#roots.chain.at(-1) ?? unreachable()
  }

  get proposals(): readonly Proposal[] {
    return this.#roots.proposals
  }

  /** Could this valid event, not taken yet, change what is decided already? */
  #disturbs(slot: Slot, { act, auth, author }: GovernanceEvent): boolean {
    if (act.type === 'grant') return slot.citing !== undefined
    if (act.type === 'set') return act.register.role !== undefined
    if (act.type === 'feed.resolve') return true
    if (act.type !== 'revoke') return false
    const target = this.#events.slotOf(act.target, author)
    if (target?.cuts?.has(author) === true) return true
    return (target?.citing ?? []).some(
      ({ event }) =>
        event !== undefined &&
        event.seq > (act.cuts.get(event.feed) ?? 0) &&
        !(auth === act.target && isResignation(event)),
    )
  }

  /** GOV-10: by rank, from 0 downwards; within a rank, those who give up their own grant first. */
  #walk(): void {
    this.walks++
    for (const slot of this.#events.slots()) undecide(slot)
    this.#restored = new Restored()
    for (const decided of [this.channels, this.#grants, this.#roleEdits, this.#registers, this.#addresses]) {
      decided.clear()
    }
    const pending: Pending = new Map()
    this.#roots = resolveRoots({ id: this.#origin.id, act: this.genesis }, this.#events.roots, {
      isForked: (event) => this.#events.isForked(event),
      hasResigned: (root, event) => this.#hasResigned(root, event),
    })
    this.#found(pending)
    while (pending.size > 0) {
      const rank = Math.min(...pending.keys())
      const slots = pending.get(rank) ?? []
      pending.delete(rank)
      for (const slot of slots) slot.grant &&= this.#counted(slot.grant)
      for (const slot of slots) this.#decideUnder(slot, true, pending)
      for (const slot of slots) this.#decideUnder(slot, false, pending)
      this.#restored.choose(this.#events)
      for (const slot of slots) this.#decideRestored(slot, pending)
    }
  }

  /** GOV-36: every root grants rank 0 to its holders, up to the cuts of the first one after it that drops them. */
  #found(pending: Pending): void {
    const { chain, valid } = this.#roots
    this.#events.slot(this.#origin.id).valid = true
    for (const id of valid) this.#events.slot(id).valid = true
    for (const { id, epoch, holders } of chain) {
      for (const to of holders) {
        const slot = this.#events.slot(id, to)
        this.#enter(slot, { id, to, rank: 0, roles: [], counted: allPermissions }, pending)
        const end = chain.slice(epoch + 1).find((later) => !later.holders.includes(to))
        if (end !== undefined) slot.cuts = new Map([[theRoot, [end.cuts]]])
      }
    }
  }

  /** By the word of the holder alone; a cut by others is no matter of theirs to lift. */
  #hasResigned(root: EventId, event: GovernanceEvent): boolean {
    const said = (this.#events.slotOf(root, event.author)?.citing ?? []).flatMap(({ event: one }) =>
      one?.act.type === 'revoke' && isResignation(one) && !this.#events.isForked(one) ? [one.act.cuts] : [],
    )
    return said.length > 0 && !isWithin(new Map([[event.author, said]]), event, undefined)
  }

  #decideUnder(grant: Slot, resignations: boolean, pending: Pending): void {
    if (!resignations) this.#decideRestored(grant, pending)
    for (const slot of grant.citing ?? []) {
      const { event, restored } = slot
      if (event === undefined || restored !== undefined || isResignation(event) !== resignations) continue
      if (grant.grant?.to === event.author && this.#permits(grant, event)) this.#take(slot, event, grant, pending)
    }
  }

  /** GOV-39: once each, whether the branch was chosen before this rank or at it. */
  #decideRestored(grant: Slot, pending: Pending): void {
    for (const slot of this.#restored.take(grant)) {
      const event = slot.restored
      if (event === undefined || grant.grant?.to !== event.author || !this.#permits(grant, event, true)) continue
      this.#take(slot, event, grant, pending)
    }
  }

  /** The valid grant that the event cites, if it is the author's. */
  #grantFor({ auth, author }: GovernanceEvent): Slot | undefined {
    const slot = auth === undefined ? undefined : this.#events.slotOf(auth, author)
    return slot?.grant?.to === author ? slot : undefined
  }

  /** GOV-9: no cut or fork lies before the event, and its grant permits it. */
  #permits(slot: Slot, event: GovernanceEvent, isRestored = false): boolean {
    const { act } = event
    if (slot.grant === undefined || !this.#stands(event, slot, isResignation(event), isRestored)) return false
    return isPermitted({
      event,
      grant: slot.grant,
      target: act.type === 'revoke' ? this.#target(act) : undefined,
    })
  }

  /** GOV-12: a resignation does not end itself. */
  #stands(
    event: Pick<GovernanceEvent, 'feed' | 'seq'>,
    { grant, cuts }: Slot,
    resigns: boolean,
    isRestored = false,
  ): boolean {
    if (!isRestored && this.#events.isForked(event)) return false
    return cuts === undefined || isWithin(cuts, event, resigns ? grant?.to : undefined)
  }

  /** Of a grant that is quoted, whatever is chosen: the highest rank that it may have. */
  #target({ target }: RevokeAct): GrantAct | undefined {
    const acts = this.#events.usableOf(target).flatMap(({ act }) => (act.type === 'grant' ? [act] : []))
    return acts.reduce<GrantAct | undefined>((best, act) => (best && best.rank <= act.rank ? best : act), undefined)
  }

  #take(slot: Slot, event: GovernanceEvent, under: Slot, pending?: Pending): void {
    const { act, id, author } = event
    slot.valid = true
    switch (act.type) {
      case 'grant':
        return this.#enter(slot, { id, to: act.to, rank: act.rank, roles: act.roles, counted: 0 }, pending)
      case 'revoke': {
        const target = this.#events.slot(act.target, author)
        push((target.cuts ??= new Map()), author, act.cuts)
        return
      }
      case 'set':
        return this.#set(id, act.register, under.grant?.rank ?? 0)
      case 'channel.create': {
        const channel = id as string as ChannelId
        const { handle, name } = act.private ? unnamed : act
        this.channels.set(channel, { id: channel, handle, name, private: act.private, author })
        return
      }
      case 'member.profile':
        if ((this.#addresses.get(author)?.id ?? '') < id) this.#addresses.set(author, { id, address: act.address })
        return
      case 'feed.resolve':
        return this.#restored.add(event, act.branch)
      case 'server.genesis':
      case 'root.set':
      case 'root.approve':
    }
  }

  /** In a walk, what a grant permits is known only when its rank is reached. */
  #enter(slot: Slot, grant: Grant, pending: Pending | undefined): void {
    slot.grant = pending === undefined ? this.#counted(grant) : grant
    push(this.#grants, grant.to, slot)
    if (pending !== undefined) push(pending, grant.rank, slot)
  }

  #counted(grant: Grant): Grant {
    const { id, to, rank, roles } = grant
    return { id, to, rank, roles, counted: countedBits(this.#roleEdits, rank, roles) }
  }

  /** GOV-24: the later id wins; of what is said once, the earlier. */
  #set(id: EventId, { key, value, role, once }: Register, rank: number): void {
    if (role !== undefined) push(this.#roleEdits, role, { rank, bits: roleBits(role, value) })
    const known = this.#registers.get(key)
    if (known === undefined || (once ? id < known.id : known.id < id)) this.#registers.set(key, { id, value, rank })
  }
}

/** GOV-12: giving up the very grant that one acts under. */
const isResignation = (event: GovernanceEvent): boolean =>
  event.act.type === 'revoke' && event.act.target === event.auth

/** Whose word ends the grants of a root: no author's, so that no resignation passes it by. */
const theRoot = 'root' as AuthorKey

const unreachable = (): never => {
  throw new TypeError('a server begins with a root')
}

const unnamed = { handle: undefined, name: undefined }

const undecide = (slot: Slot): void => {
  slot.restored = undefined
  slot.valid = false
  slot.grant = undefined
  slot.cuts = undefined
}

const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
