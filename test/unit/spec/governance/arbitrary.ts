/** Random histories of one server, with what nobody honest writes among it. */
import * as fc from 'fast-check'
import type { GovernanceEvent } from '../../../../spec/governance/acts.ts'
import { History, person } from './history.ts'

export const people = ['owner', 'anna', 'ben', 'carl', 'dora', 'emil'].map((name) => person(name))
const roleIds = ['10-admin', '20-moderator', '50-odd', '100-member']
const ranks = [0, 1, 2, 10, 20, 50, 100, 101]
const permissionSets = [[], ['invite', 'kick'], ['manageRoles', 'manageServer'], ['manageChannel', 'ban']]

const step = fc.record({
  kind: fc.constantFrom(
    'grant',
    'grant',
    'grant',
    'revoke',
    'leave',
    'set',
    'role',
    'channel',
    'profile',
    'root',
    'root',
    'approve',
    'approve',
  ),
  /** Which grant is cited; now and then by somebody else than its holder. */
  auth: fc.nat(),
  impostor: fc.integer({ min: 0, max: 12 }),
  target: fc.nat(),
  person: fc.nat(),
  rank: fc.constantFrom(...ranks),
  roles: fc.uniqueArray(fc.constantFrom(...roleIds), { maxLength: 2 }),
  reason: fc.constantFrom('kick', 'ban', 'demote', 'leave'),
  cut: fc.constantFrom(0, 1, 2, 4, 8, 1_000),
  permissions: fc.constantFrom(...permissionSets),
  holders: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 2 }),
  guardians: fc.uniqueArray(fc.nat(5), { maxLength: 4 }),
  threshold: fc.nat(),
  /** Zero: takes a sequence number that is taken (equivocation). */
  seq: fc.integer({ min: 0, max: 40 }),
  /** Zero: takes an id that is taken. */
  number: fc.integer({ min: 0, max: 40 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

export const founders = people.slice(0, 2).map(({ author }) => author)

export const pick = <T>(list: readonly T[], at: number): T => list[at % list.length] as T

const historyOf = (steps: readonly Step[]): History => {
  const history = new History(pick(people, 0), pick(people, 1))
  const grants: GovernanceEvent[] = [history.origin]
  const roots: GovernanceEvent[] = [history.origin]
  for (const s of steps) say(history, grants, roots, s)
  return history
}
export const histories = fc.array(step, { minLength: 1, maxLength: 60 }).map(historyOf)
/** No feed of these contradicts itself. */
export const orderly = fc
  .array(step, { minLength: 1, maxLength: 60 })
  .map((steps) => historyOf(steps.map((one) => ({ ...one, seq: 1, number: 1 }))))
/** Guardians reach above themselves, by the word of whoever named them. */
export const withoutRoots = fc
  .array(step, { minLength: 1, maxLength: 60 })
  .map((steps) => historyOf(steps.filter(({ kind }) => kind !== 'root' && kind !== 'approve')))

const say = (history: History, grants: GovernanceEvent[], roots: GovernanceEvent[], s: Step): void => {
  const auth = pick(grants, s.auth)
  const { act } = auth
  const holders = act.type === 'root.set' ? act.holders : act.type === 'grant' ? [act.to] : founders
  const holder = people.find(({ author }) => author === pick(holders, s.auth))
  // Mostly after the newest: so that there are chains.
  const before = s.target % 3 === 0 ? pick(roots, s.target) : (roots.at(-1) ?? history.origin)
  const isGuardians = s.kind === 'approve' || (s.kind === 'root' && s.auth % 2 === 0)
  const guardians = isGuardians && before.act.type === 'root.set' ? before.act.guardians : []
  const guardian = people.find(({ author }) => author === guardians[s.person % guardians.length])
  const by = s.impostor === 0 || holder === undefined ? pick(people, s.person) : (guardian ?? holder)
  const head = history.head(by.feed)
  const options = {
    ...(s.seq === 0 && head > 0 ? { seq: head } : {}),
    ...(s.number === 0 && s.seq !== 0 ? history.lastIdOf(by.feed) : {}),
  }
  switch (s.kind) {
    case 'grant':
      grants.push(history.grant(by, auth, pick(people, s.person), s.rank, s.roles, options))
      return
    case 'revoke':
    case 'leave': {
      const target = s.kind === 'leave' ? auth : pick(grants, s.target)
      const cuts = new Map(people.map(({ feed }) => [feed, s.cut === 1_000 ? history.head(feed) : s.cut]))
      history.revoke(by, auth, target, s.reason, cuts, options)
      return
    }
    case 'root': {
      const guardians = s.guardians.map((at) => pick(people, at))
      const root = history.root(
        by,
        auth,
        before,
        {
          holders: s.holders.map((at) => pick(people, at)),
          guardians,
          threshold: guardians.length === 0 ? 0 : 1 + (s.threshold % guardians.length),
          cuts: new Map(people.map(({ feed }) => [feed, s.cut === 1_000 ? history.head(feed) : s.cut])),
        },
        options,
      )
      roots.push(root)
      grants.push(root)
      return
    }
    case 'approve':
      history.approve(by, auth, pick(roots, s.target), options)
      return
    case 'set':
      history.set(
        by,
        auth,
        pick(['server/name', `timeout/${pick(people, s.person).author}`], s.target),
        pick(['a', 7], s.target),
        options,
      )
      return
    case 'role':
      history.set(by, auth, `role/${pick(roleIds, s.target)}`, ['odd', s.permissions], options)
      return
    case 'channel':
      history.say(
        by,
        auth,
        { type: 'channel.create', handle: 'general' as never, name: 'General', private: false },
        options,
      )
      return
    case 'profile':
      history.say(by, auth, { type: 'member.profile', member: by.member, address: 'a@b' }, options)
  }
}

export const shuffled = (events: readonly GovernanceEvent[], order: readonly number[]): GovernanceEvent[] =>
  events
    .map((event, i) => [order[i % order.length] ?? 0, i, event] as const)
    .sort(([a, i], [b, j]) => a - b || i - j)
    .map(([, , event]) => event)
