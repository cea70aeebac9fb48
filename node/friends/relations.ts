/** What each user of this node has said about other people: friendship, requests, blocks, and about strangers in general. */
import { z } from 'zod'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { isPerson, type Person } from '../../spec/person.ts'
import type { Privacy } from '../../spec/friends.ts'
import type { Position } from '../log/log.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** FRIEND-2: one user's side; the other's is at the other's node, and may say something else. */
export type Standing = 'none' | 'friend' | 'incoming' | 'outgoing'

/** Arrival positions after `from` up to `to`, and the same in Unix ms; undefined: it goes on. */
export interface Span {
  readonly from: Position
  readonly fromMs: number
  readonly to?: Position | undefined
  readonly toMs?: number | undefined
}

export interface Relation {
  readonly standing: Standing
  /** Unix ms of the last change of standing. */
  readonly since: number
  /** FRIEND-11: the user has opened a DM to this person, who may answer though they are no friends. */
  readonly invited: boolean
  /** FRIEND-8: what arrived meanwhile stays unseen. */
  readonly blocks: readonly Span[]
}

export interface Relations {
  get(user: UserName, person: Person): Relation
  of(user: UserName): ReadonlyMap<Person, Relation>
  /** Those with people of other nodes. */
  remote(): readonly (readonly [UserName, Person])[]
  /** FRIEND-7: now. */
  isBlocked(user: UserName, person: Person): boolean
  /** Users who block this person now. */
  blockersOf(person: Person): ReadonlySet<UserName>
  /** Users who count this person as a friend. */
  friendsOf(person: Person): ReadonlySet<UserName>
  /** Has the user ever blocked anybody? */
  hasBlocks(user: UserName): boolean
  /** Does anybody here block anybody? */
  readonly anyBlocked: boolean
  /** Two updates never see the same old value; what `change` throws leaves it as it is. Resolves after the fsync. */
  readonly update: (user: UserName, person: Person, change: (old: Relation) => Relation) => Promise<Relation>
  privacy(user: UserName): Privacy
  setPrivacy(user: UserName, privacy: Privacy): Promise<void>
}

export const openRelations = async (store: Store, node: NodeId): Promise<Relations> => {
  const records = await createRecords(store, 'relations', relationRecord)
  const privacies = await createRecords(store, 'privacy', privacyRecord)
  const byUser = new Map<UserName, Map<Person, Relation>>()
  const blockers = new Map<Person, Set<UserName>>()
  const withBlocks = new Set<UserName>()
  const befriended = new Map<Person, Set<UserName>>()

  const note = (user: UserName, person: Person, relation: Relation): void => {
    const people = byUser.get(user) ?? new Map<Person, Relation>()
    byUser.set(user, people)
    if (isNothing(relation)) people.delete(person)
    else people.set(person, relation)
    if (relation.blocks.length > 0) withBlocks.add(user)
    count(blockers, { user, person, counts: isBlocking(relation) })
    count(befriended, { user, person, counts: relation.standing === 'friend' })
  }
  for (const [key, relation] of records.all()) {
    const [user = '', person] = key.split(' ')
    if (isPerson(person)) note(user as UserName, person, relation)
  }

  return {
    get: (user, person) => byUser.get(user)?.get(person) ?? strangers,
    of: (user) => byUser.get(user) ?? nobody,
    remote: () =>
      [...byUser].flatMap(([user, people]) =>
        [...people.keys()].flatMap((person) => (person.endsWith(node) ? [] : [[user, person] as const])),
      ),
    isBlocked: (user, person) => blockers.get(person)?.has(user) === true,
    blockersOf: (person) => blockers.get(person) ?? nobodyAtAll,
    friendsOf: (person) => befriended.get(person) ?? nobodyAtAll,
    hasBlocks: (user) => withBlocks.has(user),
    get anyBlocked() {
      return blockers.size > 0
    },
    async update(user, person, change) {
      const relation = await records.update(`${user} ${person}`, (old) => {
        const changed = change(old ?? strangers)
        return isNothing(changed) ? undefined : changed
      })
      note(user, person, relation ?? strangers)
      return relation ?? strangers
    },
    privacy: (user) => privacies.get(user) ?? defaultPrivacy,
    setPrivacy: (user, privacy) => privacies.put(user, privacy),
  }
}

const count = (
  into: Map<Person, Set<UserName>>,
  { user, person, counts }: { readonly user: UserName; readonly person: Person; readonly counts: boolean },
): void => {
  const users = into.get(person) ?? new Set()
  if (counts) into.set(person, users.add(user))
  else if (users.delete(user) && users.size === 0) into.delete(person)
}

export const isBlocking = ({ blocks }: Relation): boolean => blocks.length > 0 && blocks.at(-1)?.to === undefined

/** Did this arrive while the person was blocked? */
export const isHiddenAt = ({ blocks }: Relation, position: Position): boolean =>
  blocks.some(({ from, to }) => position > from && (to === undefined || position <= to))

/** The same by Unix ms; `Infinity`: are they blocked now? */
export const isHiddenAtMs = ({ blocks }: Relation, ms: number): boolean =>
  blocks.some(({ fromMs, toMs }) => ms > fromMs && (toMs === undefined || ms <= toMs))

interface Moment {
  readonly position: Position
  readonly ms: number
}

/** FRIEND-7. The oldest of many spans grow together: what lies between them stays unseen as well. */
export const withBlock = (blocks: readonly Span[], { position, ms }: Moment): readonly Span[] => {
  const begun: Span = { from: position, fromMs: ms }
  const [first, second, ...rest] = blocks
  if (blocks.length < spansMax || first === undefined || second === undefined) return [...blocks, begun]
  return [{ ...second, from: first.from, fromMs: first.fromMs }, ...rest, begun]
}

export const withoutBlock = (blocks: readonly Span[], { position, ms }: Moment): readonly Span[] =>
  blocks.map((span) => (span.to === undefined ? { ...span, to: position, toMs: ms } : span))

const isNothing = ({ standing, invited, blocks }: Relation): boolean =>
  standing === 'none' && !invited && blocks.length === 0

const spansMax = 32
const strangers: Relation = { standing: 'none', since: 0, invited: false, blocks: [] }
/** FRIEND-10 */
const defaultPrivacy: Privacy = { dm: 'friends', add: 'everyone' }
const nobody: ReadonlyMap<Person, Relation> = new Map()
const nobodyAtAll: ReadonlySet<UserName> = new Set()

const position = z.number().int().nonnegative()
const relationRecord: z.ZodType<Relation> = z.strictObject({
  standing: z.enum(['none', 'friend', 'incoming', 'outgoing']),
  since: z.number(),
  invited: z.boolean(),
  blocks: z.array(
    z.strictObject({ from: position, fromMs: position, to: position.optional(), toMs: position.optional() }),
  ),
})
const privacyRecord: z.ZodType<Privacy> = z.strictObject({
  dm: z.enum(['friends', 'sharedServer', 'nobody']),
  add: z.enum(['everyone', 'sharedServer', 'nobody']),
})
