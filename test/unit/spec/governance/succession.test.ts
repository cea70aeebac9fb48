import assert from 'node:assert/strict'
import type { FeedId } from '../../../../spec/ids.ts'
import { History, person, type Person } from './history.ts'

const [owner, anna, ben, carl, eve] = ['owner', 'anna', 'ben', 'carl', 'eve'].map((name) => person(name)) as [
  Person,
  Person,
  Person,
  Person,
  Person,
]

/** The owner, and three members on nodes of their own who are the guardians, two at a time. */
const house = (threshold = 2) => {
  const history = new History(owner)
  const { origin } = history
  const [forAnna, forBen, forCarl] = [anna, ben, carl].map((to) => history.grant(owner, origin, to, 100))
  assert.ok(forAnna && forBen && forCarl)
  const named = history.root(owner, origin, origin, { holders: [owner], guardians: [anna, ben, carl], threshold })
  const takes = (by: Person, heir: Person) =>
    history.root(by, by === anna ? forAnna : forBen, named, { holders: [heir], guardians: [carl] })
  return { history, origin, named, forAnna, forBen, forCarl, takes }
}

const ranks = (history: History) =>
  [owner, anna, ben, carl].map(({ author }) => history.state().standing(author)?.rank ?? null)

/** A feed of the person's node that nobody has seen before. */
const fresh = (by: Person): { readonly feed: FeedId; readonly seq: number } => ({
  feed: by.feed.replace(/..$/, 'fa') as FeedId,
  seq: 1,
})

describe('succession', () => {
  it('GOV-32: a holder names guardians; nothing else changes by it', () => {
    const { history, origin, named } = house()
    const { root, proposals } = history.state()
    assert.deepEqual([root.id, root.epoch, root.threshold], [named.id, 1, 2])
    assert.deepEqual(root.guardians, [anna.author, ben.author, carl.author])
    assert.deepEqual(proposals, [])
    assert.deepEqual(ranks(history), [0, 100, 100, 100])
    assert.equal(history.state().standing(owner.author)?.id, origin.id, 'the oldest root is acted under')
  })

  it('GOV-34: one guardian proposes, and nothing happens; a second approves, and the heir holds rank 0', () => {
    const { history, named, forBen, takes } = house()
    const proposal = takes(anna, ben)
    assert.deepEqual(ranks(history), [0, 100, 100, 100])
    assert.deepEqual(
      history.state().proposals.map(({ id, by, approvedBy }) => ({ id, by, approvedBy })),
      [{ id: proposal.id, by: anna.author, approvedBy: [anna.author] }],
    )
    assert.equal(history.state().isValid(proposal.id), false)
    const approval = history.approve(ben, forBen, proposal)
    const state = history.state()
    assert.deepEqual([state.root.id, state.root.epoch], [proposal.id, 2])
    assert.deepEqual(ranks(history), [null, 100, 0, 100])
    assert.ok([named, proposal, approval].every(({ id }) => state.isValid(id)))
    // The new owner acts, and what the old one granted stands.
    history.set(ben, proposal, 'server/name', 'Anew')
    history.grant(ben, proposal, eve, 10, ['10-admin'])
    assert.equal(history.state().register('server/name')?.value, 'Anew')
    assert.equal(history.state().standing(eve.author)?.rank, 10)
  })

  it('GOV-34: members who are no guardians, and the same guardian twice, are no quorum', () => {
    const { history, origin, forAnna, takes } = house()
    const member = history.grant(owner, origin, eve, 100)
    const proposal = takes(anna, ben)
    history.approve(eve, member, proposal)
    history.approve(anna, forAnna, proposal)
    assert.deepEqual(ranks(history), [0, 100, 100, 100])
    history.root(eve, member, history.origin, { holders: [eve] })
    assert.equal(history.state().standing(eve.author)?.rank, 100)
  })

  it('GOV-34: a guardian who was kicked is one until others are named; then their word counts no more', () => {
    const { history, origin, named, forAnna, forBen, takes } = house()
    history.revoke(owner, origin, forAnna)
    const proposal = takes(anna, ben)
    history.approve(ben, forBen, proposal)
    assert.deepEqual(ranks(history), [null, null, 0, 100])

    const other = house()
    const without = other.history.root(owner, other.origin, other.named, { holders: [owner], guardians: [ben, carl] })
    other.history.root(anna, other.forAnna, without, { holders: [anna] })
    assert.deepEqual(ranks(other.history), [0, 100, 100, 100])
    assert.equal(other.history.state().root.id, without.id)
    assert.notEqual(named.id, without.id)
  })

  it('GOV-34: whoever has resigned hands nothing on', () => {
    const history = new History(owner, anna)
    const { origin } = history
    history.revoke(anna, origin, origin, 'leave')
    history.root(anna, origin, origin, { holders: [eve] })
    assert.equal(history.state().root.id, origin.id)
    const next = history.root(owner, origin, origin, { holders: [ben] })
    assert.equal(history.state().root.id, next.id)
    assert.deepEqual(ranks(history).slice(0, 3), [null, null, 0])
  })

  it('GOV-35: guardians go before a holder who did not know, whatever ids that one uses', () => {
    const { history, origin, named, forBen, takes } = house()
    const early = history.root(owner, origin, named, { holders: [eve] }, fresh(owner))
    assert.equal(history.state().root.id, early.id)
    const proposal = takes(anna, ben)
    history.approve(ben, forBen, proposal)
    assert.equal(history.state().root.id, proposal.id)
    assert.equal(history.state().standing(eve.author), undefined)
  })

  it('GOV-35: an owner who returns and names other guardians comes too late', () => {
    const { history, origin, forBen, takes } = house()
    const proposal = takes(anna, ben)
    history.approve(ben, forBen, proposal)
    // From a backup before there were guardians: the root that is named is an old one.
    const late = history.root(owner, origin, origin, { holders: [owner], guardians: [eve], threshold: 1 }, fresh(owner))
    history.root(eve, late, late, { holders: [eve] })
    history.set(owner, origin, 'server/name', 'Mine')
    const state = history.state()
    assert.equal(state.root.id, proposal.id)
    assert.equal(state.register('server/name'), undefined)
    assert.deepEqual(ranks(history), [null, 100, 0, 100])
  })

  it('GOV-35: two heirs at the same time, each with as many guardians: the lower id, then where they turn to', () => {
    const { history, forAnna, takes } = house(1)
    const first = takes(anna, anna)
    const second = takes(ben, ben)
    assert.equal(history.state().root.id, first.id)
    history.approve(anna, forAnna, second)
    assert.equal(history.state().root.id, second.id)
    assert.deepEqual(ranks(history), [null, 100, 0, 100])
  })

  it('GOV-35: a deadlock is over when one guardian turns to the other heir', () => {
    const { history, forAnna, forCarl, takes } = house()
    const first = takes(anna, anna)
    const second = takes(ben, ben)
    assert.equal(history.state().proposals.length, 2)
    history.approve(anna, forAnna, second)
    assert.equal(history.state().root.id, second.id)
    // The first has enough now, too; but of those who spoke for both, the last word counts.
    history.approve(carl, forCarl, first)
    assert.equal(history.state().root.id, second.id)
  })

  it('GOV-36: what the old owner did past the positions that the guardians knew does not stand', () => {
    const { history, origin, forBen, takes } = house()
    const proposal = takes(anna, ben)
    history.approve(ben, forBen, proposal)
    const { author, feed } = owner
    const state = history.state()
    const judge = (seq: number, of = feed) => state.judge({ author, auth: origin.id, feed: of, seq })
    const known = proposal.act.type === 'root.set' ? (proposal.act.cuts.get(feed) ?? 0) : 0
    assert.deepEqual([judge(known), judge(known + 1), judge(1, fresh(owner).feed)], ['valid', 'hidden', 'hidden'])
    assert.equal(state.isGrantedTo(proposal.id, ben.author), true)
    assert.equal(state.isGrantedTo(proposal.id, owner.author), false)
  })

  it('GOV-36: a holder who stays keeps what was done under each root; who comes back has a new grant', () => {
    const history = new History(owner)
    const one = history.root(owner, history.origin, history.origin, { holders: [owner, anna] })
    const under = history.set(owner, one, 'server/name', 'Two')
    const two = history.root(anna, one, one, { holders: [anna] })
    assert.equal(history.state().standing(owner.author), undefined)
    assert.ok(history.state().isValid(under.id))
    const three = history.root(anna, one, two, { holders: [anna, owner] })
    assert.equal(history.state().standing(owner.author)?.id, three.id)
    history.set(owner, history.origin, 'server/name', 'under the old one')
    assert.equal(history.state().register('server/name')?.value, 'Two')
  })
})
