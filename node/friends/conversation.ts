/**
 * Who takes part in one conversation: a pure function of the set of its control events (FRIEND-14). They are folded in
 * the order of their ids, so that every node comes to the same answer whatever came first.
 */
import type { Sha256 } from '../../spec/crypto.ts'
import {
  conversationAt,
  groupPlace,
  pairPlace,
  readConversationAct,
  type AddAct,
  type ConversationAct,
  type CreateAct,
  type JoinAct,
  type OpenAct,
  type RemoveAct,
} from '../../spec/conversation.ts'
import { authorKey, type AuthorKey } from '../../spec/governance/names.ts'
import type { ChannelId, EventId, FeedId, MemberId, NodeId, ServerId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { personOf, splitPerson, type Person } from '../../spec/person.ts'
import type { Entry } from '../log/log.ts'

/** What somebody writes under. */
export interface Seat {
  readonly person: Person
  readonly member: MemberId
  readonly auth: EventId
}

export interface Conversation {
  readonly id: ChannelId
  /** What it is called between nodes (FRIEND-24). */
  readonly place: ServerId | undefined
  /** Nodes of everybody who ever wrote in it or belongs to it. */
  nodes(): ReadonlySet<NodeId>
  /** Undefined: nothing valid is known of it. */
  readonly kind: 'pair' | 'group' | undefined
  readonly owner: Person | undefined
  readonly name: string
  /** Those who belong to it, whether they have taken their seat or not. */
  readonly people: ReadonlyMap<Person, Membership>
  /** Of the newest control event. */
  readonly lastId: EventId | undefined
  /** True: something changed. */
  apply(entries: readonly ActSource[]): boolean
  /** The seat that a person has now. */
  readonly seatOf: (person: Person) => Seat | undefined
  /** Whoever writes, or wrote, under this member id. */
  personOf(author: AuthorKey): Person | undefined
  covers(event: Judged): boolean
  /** GOV-14: what that feed says from there on does not count. False: nothing changed. */
  fork(feed: FeedId, at: number): boolean
  /** Was what the event cites given to its author? Undefined: it is not here. */
  isGrantedTo(auth: EventId, author: AuthorKey): boolean | undefined
}

export interface Membership {
  /** The event that made them belong: `auth` of their `dm.join`. */
  readonly grant: EventId
  /** Who added them; in a pair, themselves. */
  readonly by: Person
  readonly seat: Seat | undefined
}

export type ActSource = Pick<Entry, 'id' | 'node' | 'member' | 'feed' | 'seq' | 'auth' | 'type' | 'body'>
export type Judged = Pick<Entry, 'node' | 'member' | 'auth' | 'feed' | 'seq'>

interface Step {
  readonly id: EventId
  readonly node: NodeId
  readonly member: MemberId
  readonly feed: FeedId
  readonly seq: number
  readonly auth: EventId | undefined
  readonly act: ConversationAct
}

/** A seat that was ever taken. */
interface Held extends Seat {
  readonly author: AuthorKey
  /** FRIEND-19: what it wrote past these positions does not stand; `by` is what the remover cited. */
  cut: { readonly by: EventId; readonly upTo: Map<FeedId, number> } | undefined
}

interface State {
  place: ServerId | undefined
  kind: 'pair' | 'group' | undefined
  owner: Person | undefined
  name: string
  /** In the order in which they came in. */
  readonly people: Map<Person, Membership>
  /** By the event that a seat's holder cites. */
  readonly held: Map<EventId, Held>
}

export const createConversation = (id: ChannelId, hash: Sha256): Conversation => {
  let steps: Step[] = []
  const known = new Set<EventId>()
  let state = nothing()
  const forks = new Map<FeedId, number>()

  const isHere = (place: ServerId): boolean => {
    if (conversationAt(place) !== id) return false
    state.place = place
    return true
  }
  const fold = (step: Step): void => {
    const { act, feed, seq } = step
    if (seq >= (forks.get(feed) ?? Infinity)) return
    if (act.type === 'dm.open') return openSide(state, step, act, isHere(pairPlace(hash, ...act.pair)))
    if (act.type === 'dm.create') return create(state, step, act, isHere(groupPlace(hash, act.owner, act.random)))
    if (act.type === 'dm.join') return join(state, step, act)
    const seat = seatCited(state, step)
    if (seat === undefined || state.kind !== 'group') return
    if (act.type === 'dm.add') add(state, step, act, seat.person)
    else if (act.type === 'dm.remove') remove(state, seat, act)
    else if (seat.cut === undefined) state.name = act.name
  }

  return {
    id,
    nodes: () =>
      new Set(
        [...state.people.keys(), ...[...state.held.values()].map(({ person }) => person)].map(
          (person) => splitPerson(person).node,
        ),
      ),
    get place() {
      return state.place
    },
    get kind() {
      return state.kind
    },
    get owner() {
      return state.owner
    },
    get name() {
      return state.name
    },
    get people() {
      return state.people
    },
    get lastId() {
      return steps.at(-1)?.id
    },
    apply(entries) {
      const read = new Map(entries.flatMap((entry) => readStep(entry, known)).map((step) => [step.id, step]))
      const fresh = [...read.values()].sort(byId).slice(0, limits.conversationActsMax - steps.length)
      if (fresh.length === 0) return false
      const last = steps.at(-1)?.id ?? ''
      for (const { id } of fresh) known.add(id)
      if (fresh[0]!.id > last) steps.push(...fresh)
      else {
        steps = [...steps, ...fresh].sort(byId)
        state = nothing()
      }
      for (const step of state.kind === undefined ? steps : fresh) fold(step)
      return true
    },
    fork(feed, at) {
      const before = forks.get(feed) ?? Infinity
      if (at >= before) return false
      forks.set(feed, at)
      if (!steps.some((step) => step.feed === feed && step.seq >= at && step.seq < before)) return false
      state = nothing()
      for (const step of steps) fold(step)
      return true
    },
    seatOf: (person) => state.people.get(person)?.seat,
    personOf(author) {
      for (const held of state.held.values()) if (held.author === author) return held.person
      return undefined
    },
    covers({ node, member, auth, feed, seq }) {
      const held = auth === undefined ? undefined : state.held.get(auth)
      if (held === undefined || held.author !== authorKey(node, member)) return false
      return held.cut === undefined || seq <= (held.cut.upTo.get(feed) ?? 0)
    },
    isGrantedTo(auth, author) {
      const held = state.held.get(auth)
      return held === undefined ? undefined : held.author === author
    },
  }
}

/** FRIEND-15 */
const openSide = (state: State, { id, node, member, auth }: Step, { pair, user }: OpenAct, isOurs: boolean): void => {
  const person = personOf(user, node)
  if (!isOurs || auth !== undefined || !pair.includes(person)) return
  state.kind = 'pair'
  const seat = { person, member, auth: id }
  for (const one of pair) if (!state.people.has(one)) state.people.set(one, { grant: id, by: one, seat: undefined })
  state.people.set(person, { grant: id, by: person, seat })
  state.held.set(id, { ...seat, author: authorKey(node, member), cut: undefined })
}

/** FRIEND-16 */
const create = (state: State, { id, node, member, auth }: Step, act: CreateAct, isOurs: boolean): void => {
  const { owner, name, people } = act
  if (!isOurs || auth !== undefined || state.kind !== undefined || !owner.endsWith(`@${node}`)) return
  state.kind = 'group'
  state.owner = owner
  state.name = name
  const seat = { person: owner, member, auth: id }
  state.people.set(owner, { grant: id, by: owner, seat })
  for (const person of people) state.people.set(person, { grant: id, by: owner, seat: undefined })
  state.held.set(id, { ...seat, author: authorKey(node, member), cut: undefined })
}

/** FRIEND-17 */
const add = (state: State, { id }: Step, { person }: AddAct, by: Person): void => {
  if (!state.people.has(by) || state.people.has(person) || state.people.size >= limits.peoplePerGroupMax) return
  state.people.set(person, { grant: id, by, seat: undefined })
}

/** FRIEND-18 */
const join = (state: State, { id, node, member, auth }: Step, { user }: JoinAct): void => {
  const person = personOf(user, node)
  const membership = state.people.get(person)
  if (auth === undefined || membership?.grant !== auth || membership.seat !== undefined) return
  const seat = { person, member, auth: id }
  state.people.set(person, { ...membership, seat })
  state.held.set(id, { ...seat, author: authorKey(node, member), cut: undefined })
}

/** FRIEND-19: of somebody who is gone already it raises the cut, by whoever made it. */
const remove = (state: State, by: Held, { person, cuts }: RemoveAct): void => {
  if (person !== by.person && (by.cut !== undefined || state.owner !== by.person)) return
  const held = [...state.held.values()].filter((one) => one.person === person)
  const wasIn = state.people.delete(person)
  if (!wasIn) {
    const last = held.at(-1)?.cut
    if (last?.by === by.auth)
      for (const [feed, seq] of cuts) last.upTo.set(feed, Math.max(seq, last.upTo.get(feed) ?? 0))
    return
  }
  for (const one of held) one.cut ??= { by: by.auth, upTo: new Map(cuts) }
  if (state.owner === person) state.owner = [...state.people.keys()][0]
}

const seatCited = (state: State, { node, member, auth }: Step): Held | undefined => {
  const held = auth === undefined ? undefined : state.held.get(auth)
  return held?.author === authorKey(node, member) ? held : undefined
}

const readStep = (source: ActSource, known: ReadonlySet<EventId>): Step[] => {
  const { id, node, member, feed, seq, auth, type, body } = source
  const act = body === undefined || known.has(id) ? undefined : readConversationAct(type, body)
  return act === undefined ? [] : [{ id, node, member, feed, seq, auth, act }]
}

const byId = (a: Step, b: Step): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

const nothing = (): State => ({
  place: undefined,
  kind: undefined,
  owner: undefined,
  name: '',
  people: new Map(),
  held: new Map(),
})
