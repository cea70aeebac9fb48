import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { GovernanceEvent } from '../../../../spec/governance/acts.ts'
import { createGovernance } from '../../../../spec/governance/governance.ts'
import { limits } from '../../../../spec/limits.ts'
import { answers, History, person } from './history.ts'
import { resolveSlowly } from './oracle.ts'

const people = ['owner', 'anna', 'ben', 'carl', 'dora', 'emil'].map((name) => person(name))
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

const founders = people.slice(0, 2).map(({ author }) => author)

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length] as T

const historyOf = (steps: readonly Step[]): History => {
  const history = new History(pick(people, 0), pick(people, 1))
  const grants: GovernanceEvent[] = [history.origin]
  const roots: GovernanceEvent[] = [history.origin]
  for (const s of steps) say(history, grants, roots, s)
  return history
}
const histories = fc.array(step, { minLength: 1, maxLength: 60 }).map(historyOf)
/** Guardians reach above themselves, by the word of whoever named them. */
const withoutRoots = fc
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

const shuffled = (events: readonly GovernanceEvent[], order: readonly number[]): GovernanceEvent[] =>
  events
    .map((event, i) => [order[i % order.length] ?? 0, i, event] as const)
    .sort(([a, i], [b, j]) => a - b || i - j)
    .map(([, , event]) => event)

describe('governance as a function of the set of events', () => {
  /** Walks and events. */
  const inAnyOrder = (from: typeof histories): readonly [walks: number, steps: number] => {
    let walks = 0
    let steps = 0
    fc.assert(
      fc.property(
        from,
        fc.array(fc.array(fc.nat(), { minLength: 61, maxLength: 61 }), { minLength: 3, maxLength: 3 }),
        (history, orders) => {
          const expected = answers(history.state(), history.events)
          for (const order of orders) {
            const events = shuffled(history.events, order)
            const governance = createGovernance(history.origin)
            for (const event of events) governance.apply([event])
            assert.equal(governance.apply(events), false)
            assert.deepEqual(answers(governance, history.events), expected)
            walks += governance.walks
            steps += events.length
          }
        },
      ),
      { numRuns: 300 },
    )
    return [walks, steps]
  }

  it('GOV-10: any order and repetition, at once or one by one, gives the same state', () => {
    const [walks, steps] = inAnyOrder(withoutRoots)
    assert.ok(walks < steps / 2, `${walks} walks for ${steps} events: the short way is not taken`)
  })

  it('GOV-34: so it does where the root passes on, by holders and by guardians at the same time', () => {
    inAnyOrder(histories)
    const seen = fc.sample(histories, 2_000).map((history) => history.state())
    const isAbout = (text: string, found: number): void => assert.ok(found > 10, `${found} of 2,000 histories: ${text}`)
    isAbout('two roots and more', seen.filter(({ root }) => root.epoch > 1).length)
    isAbout('a proposal that waits', seen.filter(({ proposals }) => proposals.length > 0).length)
    isAbout(
      'the founders are out',
      seen.filter(({ root }) => !founders.some((one) => root.holders.includes(one))).length,
    )
  })

  it('GOV-9: an event is valid exactly when the plain reading of the rules says so', () => {
    let valid = 0
    let all = 0
    fc.assert(
      fc.property(histories, (history) => {
        const governance = history.state()
        const oracle = resolveSlowly(history.origin, history.events)
        const ids = [...new Set(history.events.map(({ id }) => id))].sort()
        assert.deepEqual(
          ids.filter((id) => governance.isValid(id)),
          oracle.valid,
        )
        assert.deepEqual(
          governance.registers('').map(([key, { id }]) => `${key} ${id}`),
          oracle.registers,
        )
        valid += oracle.valid.length
        all += ids.length
      }),
      { numRuns: 400 },
    )
    assert.ok(valid > all / 10 && valid < all, `${valid} of ${all} valid: the histories show little`)
  })

  it('GOV-8: nothing that somebody does reaches the grants of their own rank or above', () => {
    fc.assert(
      fc.property(withoutRoots, fc.integer({ min: 2, max: people.length - 1 }), (history, at) => {
        const { author } = pick(people, at)
        const others = people.filter((other) => other.author !== author)
        const ranks = history.events.flatMap(({ act }) => (act.type === 'grant' && act.to === author ? [act.rank] : []))
        const top = Math.min(...ranks, limits.rankMax)
        const grantsFrom = (events: readonly GovernanceEvent[]): unknown =>
          others.map((other) => {
            const grants = history.state(events).liveGrants(other.author)
            return grants
              .filter(({ rank }) => rank <= top)
              .map(({ id }) => id)
              .sort()
          })
        assert.deepEqual(
          grantsFrom(history.events),
          grantsFrom(history.events.filter((event) => event.author !== author)),
        )
      }),
      { numRuns: 300 },
    )
  })
})
