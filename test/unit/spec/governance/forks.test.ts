import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { GovernanceEvent } from '../../../../spec/governance/acts.ts'
import { createGovernance } from '../../../../spec/governance/governance.ts'
import type { Governance } from '../../../../spec/governance/state.ts'
import type { EventId } from '../../../../spec/ids.ts'
import { answers, History, person, type Person } from './history.ts'
import { orderly, people, shuffled } from './arbitrary.ts'

const [owner, anna, ben, carl, dora] = ['owner', 'anna', 'ben', 'carl', 'dora'].map((name) => person(name)) as [
  Person,
  Person,
  Person,
  Person,
  Person,
]

/** An admin whose feed forks after what both branches have: a name that one says, and a member that the other lets in. */
const forked = () => {
  const history = new History(owner)
  const { origin } = history
  const admin = history.grant(owner, origin, anna, 10, ['10-admin'])
  const common = history.set(anna, admin, 'server/name', 'common')
  const at = common.seq + 1
  const one = [
    history.set(anna, admin, 'server/name', 'one', { seq: at }),
    history.grant(anna, admin, ben, 100, [], { seq: at + 1 }),
  ]
  const other = [
    history.set(anna, admin, 'server/name', 'other', { seq: at }),
    history.grant(anna, admin, carl, 100, [], { seq: at + 1 }),
  ]
  const without = (out: readonly GovernanceEvent[]) => history.events.filter((event) => !out.includes(event))
  return { history, admin, at, one, other, without }
}

const nameOf = (governance: Governance) => governance.register('server/name')?.value
const isMember = (governance: Governance, { author }: Person) => governance.standing(author) !== undefined

describe('forked feeds', () => {
  it('GOV-14: a proof voids both branches, at nodes that hold one and at those that hold the other', () => {
    const { history, at, one, other, without } = forked()
    for (const held of [without(one), without(other)]) {
      const governance = history.state(held)
      assert.notEqual(nameOf(governance), 'common')
      assert.equal(governance.fork(anna.feed, at), true)
      assert.equal(governance.fork(anna.feed, at + 1), false, 'known, and earlier')
      assert.deepEqual(
        [nameOf(governance), isMember(governance, ben), isMember(governance, carl), isMember(governance, anna)],
        ['common', false, false, true],
      )
      assert.equal(governance.isForked({ feed: anna.feed, seq: at }), true)
      assert.equal(
        governance.judge({ author: anna.author, auth: history.events[1]!.id, feed: anna.feed, seq: at }),
        'hidden',
      )
    }
  })

  it('GOV-39: the branch that somebody above quotes counts, also where the other one is held', () => {
    const { history, at, one, other, without } = forked()
    const resolved = history.resolve(owner, history.origin, anna, at, one)
    const later = history.set(ben, one[1]!, 'name/'.concat(ben.author), 'Benny')
    const kick = history.revoke(owner, history.origin, one[1]!)
    for (const held of [without(one), without(other)]) {
      const governance = history.state(held.filter((event) => event !== kick))
      governance.fork(anna.feed, at)
      assert.ok(governance.isValid(resolved.id))
      assert.deepEqual(
        [nameOf(governance), isMember(governance, ben), isMember(governance, carl)],
        ['one', true, false],
      )
      assert.ok(governance.isValid(later.id), 'what was done under a grant that is back')
      assert.equal(governance.isGrantedTo(one[1]!.id, ben.author), true)
      governance.apply([kick])
      assert.equal(isMember(governance, ben), false, 'and it can be revoked')
    }
  })

  it('GOV-40: messages beyond a fork stay hidden, and those of a new feed of the node count', () => {
    const { history, admin } = forked()
    const message = { author: anna.author, auth: admin.id, feed: anna.feed.replace(/..$/, 'fa') as typeof anna.feed }
    const governance = history.state()
    governance.fork(message.feed, 3)
    assert.deepEqual(
      [1, 2, 3, 4].map((seq) => governance.judge({ ...message, seq })),
      ['valid', 'valid', 'hidden', 'hidden'],
    )
    assert.equal(governance.judge({ ...message, feed: anna.feed.replace(/..$/, 'fi') as never, seq: 1 }), 'valid')
  })

  it('GOV-39: of several the higher rank decides, then the later word; nobody about their own node', () => {
    const { history, admin, at, one, other, without } = forked()
    const second = history.grant(owner, history.origin, dora, 10, ['10-admin'])
    const named = (): unknown => {
      const governance = history.state(without([]))
      governance.fork(anna.feed, at)
      return nameOf(governance)
    }
    history.resolve(anna, admin, anna, at, one, { feed: anna.feed.replace(/..$/, 'fa') as typeof anna.feed, seq: 1 })
    assert.equal(named(), 'common')
    history.resolve(dora, second, anna, at, other)
    assert.equal(named(), 'other')
    history.resolve(dora, second, anna, at, one)
    assert.equal(named(), 'one')
    history.resolve(owner, history.origin, anna, at, other)
    history.resolve(dora, second, anna, at, one)
    assert.equal(named(), 'other')
  })

  it('GOV-39: a member without manageServer, and one who was cut, decide nothing; nor does a quote with a hole', () => {
    const { history, at, one } = forked()
    const member = history.grant(owner, history.origin, dora, 100)
    history.resolve(dora, member, anna, at, one)
    history.resolve(owner, history.origin, anna, at + 1, one.slice(1))
    const governance = history.state()
    governance.fork(anna.feed, at)
    assert.equal(nameOf(governance), 'common')
  })

  it('GOV-39: after the owner’s own feed has forked, whom the guardians chose brings back what it did', () => {
    const history = new History(owner)
    const { origin } = history
    const forAnna = history.grant(owner, origin, anna, 100)
    const named = history.root(owner, origin, origin, { holders: [owner], guardians: [anna] })
    const lost = history.grant(owner, origin, ben, 100)
    const taken = history.root(anna, forAnna, named, { holders: [anna] })
    const governance = history.state()
    governance.fork(owner.feed, lost.seq)
    assert.equal(isMember(governance, ben), false)
    governance.apply([history.resolve(anna, taken, owner, lost.seq, [lost])])
    assert.equal(isMember(governance, ben), true)
    assert.equal(governance.standing(anna.author)?.rank, 0)
  })

  it('GOV-39: nodes that hold different branches agree once the proof and the decisions are there, in any order', () => {
    let restored = 0
    fc.assert(
      fc.property(
        orderly,
        fc.record({
          victim: fc.nat(people.length - 1),
          at: fc.nat(),
          by: fc.array(fc.tuple(fc.nat(), fc.boolean(), fc.nat()), { minLength: 1, maxLength: 3 }),
          orders: fc.array(fc.array(fc.nat(), { minLength: 80, maxLength: 80 }), { minLength: 2, maxLength: 2 }),
        }),
        (history, { victim, at: from, by, orders }) => {
          const { feed } = people[victim]!
          const mine = history.events.filter((event) => event.feed === feed)
          const at = 2 + (from % Math.max(1, mine.length))
          const one = mine.filter(({ seq }) => seq >= at)
          const other = one
            .filter((_, i) => i % 2 === 0)
            .map((event, i): GovernanceEvent => ({
              ...event,
              seq: at + i,
              id: event.id.replace(/.{12}$/, 'bbbbbbbbbbbb') as EventId,
            }))
          const admins = history.events.filter(
            ({ act }) => act.type === 'grant' && act.roles.some((role) => role === '10-admin'),
          )
          const grants = [history.origin, ...admins, history.origin]
          for (const [which, isOne, author] of by) {
            const auth = grants[which % grants.length]!
            const to = auth.act.type === 'grant' ? auth.act.to : people[author % 2]!.author
            const resolver = people.find((one_) => one_.author === to && one_.feed !== feed)
            if (resolver !== undefined) history.resolve(resolver, auth, people[victim]!, at, isOne ? one : other)
          }
          const common = history.events.filter((event) => !one.includes(event))
          const states = [one, other].map((branch, i) => {
            const governance = createGovernance(history.origin)
            const events = shuffled([...common, ...branch], orders[i] ?? [])
            const half = Math.floor(events.length / (2 + i))
            for (const event of events.slice(0, half)) governance.apply([event])
            governance.fork(feed, at)
            for (const event of events.slice(half)) governance.apply([event])
            restored += branch.filter(({ id }) => governance.isValid(id)).length
            const told = answers(governance, [...common, ...one, ...other]) as { readonly verdicts: readonly string[] }
            // Of a grant that is not here, or is void, it is the same to everybody.
            return { ...told, verdicts: told.verdicts.map((text) => text.replace(/ (?:rejected|waiting)$/, ' not')) }
          })
          assert.deepEqual(states[1], states[0])
        },
      ),
      { numRuns: 600, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
    )
    assert.ok(restored > 5, `${restored} events restored: the histories show little`)
  })
})
