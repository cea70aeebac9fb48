/** Histories for the tests of governance: short names for nodes, members and events. */
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { Act, GovernanceEvent, RevokeReason } from '../../../../spec/governance/acts.ts'
import { createGovernance } from '../../../../spec/governance/governance.ts'
import type { Governance } from '../../../../spec/governance/state.ts'
import { authorKey, type AuthorKey } from '../../../../spec/governance/names.ts'
import { readRegister } from '../../../../spec/governance/registers.ts'
import { parseRoleId, type RoleId } from '../../../../spec/governance/roles.ts'
import type { ChannelId, EventId, FeedId, Handle, MemberId, NodeId } from '../../../../spec/ids.ts'
import type { CborValue } from '../../../../spec/cbor.ts'

const padded = (name: string, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  bytes.set(new TextEncoder().encode(name))
  return bytes
}

export interface Person {
  readonly node: NodeId
  readonly member: MemberId
  readonly author: AuthorKey
  readonly feed: FeedId
}

/** Each person sits on a node of their own, so that each has a feed of their own, unless `node` says otherwise. */
export const person = (name: string, node = name): Person => {
  const nodeId = encodeBase32(padded(node, 32)) as NodeId
  const member = encodeBase32(padded(name, 16)) as MemberId
  return {
    node: nodeId,
    member,
    author: authorKey(nodeId, member),
    feed: encodeBase32(padded(`${node} 1`, 16)) as FeedId,
  }
}

/** Ids that sort as they are numbered. */
export const idAt = (number: number, tail = '0'): EventId =>
  `${number.toString(16).padStart(8, '0')}-0000-7000-8000-${tail.padStart(12, '0')}` as EventId

export const role = (id: string): RoleId => {
  const parsed = parseRoleId(id)
  if (parsed === undefined) throw new Error(`not a role: ${id}`)
  return parsed
}

export interface Options {
  readonly seq?: number
  readonly feed?: FeedId
  readonly id?: EventId
}

export interface RootNames {
  readonly holders: readonly Person[]
  readonly guardians?: readonly Person[]
  readonly threshold?: number
  readonly cuts?: ReadonlyMap<FeedId, number>
}

/** Writes events as their authors would: ids and sequence numbers ascend, unless `options` says otherwise. */
export class History {
  readonly events: GovernanceEvent[] = []
  readonly origin: GovernanceEvent
  #number = 0
  readonly #heads = new Map<FeedId, number>()

  constructor(...founders: Person[]) {
    const [first] = founders
    if (first === undefined) throw new Error('a founder is needed')
    this.origin = this.say(first, undefined, {
      type: 'server.genesis',
      name: 'Home',
      handle: 'home' as Handle,
      governance: '00000000-0000-4000-8000-000000000000' as ChannelId,
      founders: founders.map(({ author }) => author),
      random: new Uint8Array(16),
    })
  }

  say(by: Person, auth: GovernanceEvent | undefined, act: Act, options: Options = {}): GovernanceEvent {
    const feed = options.feed ?? by.feed
    const seq = options.seq ?? this.head(feed) + 1
    this.#heads.set(feed, Math.max(seq, this.head(feed)))
    const id = options.id ?? idAt(++this.#number)
    const event = { id, node: by.node, author: by.author, feed, seq, auth: auth?.id, act }
    this.events.push(event)
    return event
  }

  /** For an author who uses an id twice. */
  lastIdOf(feed: FeedId): { readonly id?: EventId } {
    const last = this.events.findLast((event) => event.feed === feed)
    return last === undefined ? {} : { id: last.id }
  }

  head(feed: FeedId): number {
    return this.#heads.get(feed) ?? 0
  }

  grant(by: Person, auth: GovernanceEvent, to: Person, rank: number, roles: string[] = [], options?: Options) {
    return this.say(by, auth, { type: 'grant', to: to.author, rank, roles: roles.map(role) }, options)
  }

  /** `cuts` undefined: every feed at its head, as a kick does. */
  revoke(
    by: Person,
    auth: GovernanceEvent,
    target: GovernanceEvent,
    reason: RevokeReason = 'kick',
    cuts: ReadonlyMap<FeedId, number> = new Map(this.#heads),
    options?: Options,
  ) {
    return this.say(by, auth, { type: 'revoke', target: target.id, reason, cuts }, options)
  }

  /** Names holders and guardians after `predecessor`; `cuts` undefined: every feed at its head. */
  root(
    by: Person,
    auth: GovernanceEvent,
    predecessor: GovernanceEvent,
    { holders, guardians = [], threshold = guardians.length === 0 ? 0 : 1, cuts = new Map(this.#heads) }: RootNames,
    options?: Options,
  ) {
    const names = { holders: holders.map(({ author }) => author), guardians: guardians.map(({ author }) => author) }
    return this.say(by, auth, { type: 'root.set', predecessor: predecessor.id, threshold, cuts, ...names }, options)
  }

  approve(by: Person, auth: GovernanceEvent, root: GovernanceEvent, options?: Options) {
    return this.say(by, auth, { type: 'root.approve', root: root.id }, options)
  }

  /** Quotes a branch of somebody's feed, as if it had been proven. */
  resolve(
    by: Person,
    auth: GovernanceEvent,
    { node, feed }: Person,
    from: number,
    events: readonly GovernanceEvent[],
    options?: Options,
  ) {
    const branch = { feed, from, events }
    const quoted = {
      epoch: '0000000000000000',
      from,
      events: [],
      seal: new Uint8Array(),
      certificate: new Uint8Array(),
    }
    return this.say(by, auth, { type: 'feed.resolve', node, ...quoted, branch }, options)
  }

  set(by: Person, auth: GovernanceEvent, key: string, value: CborValue, options?: Options) {
    const register = readRegister(key, value)
    if (register === undefined) throw new Error(`not a register: ${key}`)
    return this.say(by, auth, { type: 'set', register }, options)
  }

  state(events: readonly GovernanceEvent[] = this.events): Governance {
    const governance = createGovernance(this.origin)
    governance.apply(events)
    return governance
  }
}

/** Everything that can be asked, for comparing. */
export const answers = (governance: Governance, events: readonly GovernanceEvent[]): unknown => ({
  roots: governance.roots.map((one) => ({ ...one, approvedBy: [...one.approvedBy].sort() })),
  proposals: governance.proposals
    .map((one) => ({ ...one, approvedBy: [...one.approvedBy].sort() }))
    .sort((a, b) => (a.id < b.id ? -1 : 1)),
  valid: events
    .filter(({ id }) => governance.isValid(id))
    .map(({ id }) => id)
    .sort(),
  verdicts: events.map((event) => `${event.id} ${event.author} ${event.seq} ${governance.judge(event)}`).sort(),
  registers: governance.registers(''),
  channels: [...governance.channels].sort(([a], [b]) => (a < b ? -1 : 1)),
  members: [...governance.authors()].sort().map((author) => ({
    author,
    standing: governance.standing(author),
    live: governance
      .liveGrants(author)
      .map(({ id, counted }) => `${id} ${counted}`)
      .sort(),
    address: governance.address(author),
  })),
})
