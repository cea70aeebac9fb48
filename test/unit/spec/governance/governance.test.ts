import assert from 'node:assert/strict'
import { createGovernance } from '../../../../spec/governance/governance.ts'
import { bitOf } from '../../../../spec/permissions.ts'
import { History, person } from './history.ts'

const owner = person('owner')
const anna = person('anna')
const ben = person('ben')
const carl = person('carl')

/** The owner with an admin (rank 10) and a moderator (rank 20). */
const house = () => {
  const history = new History(owner)
  const admin = history.grant(owner, history.origin, anna, 10, ['10-admin'])
  const moderator = history.grant(owner, history.origin, ben, 20, ['20-moderator'])
  return { history, admin, moderator }
}

const name = (history: History): unknown => history.state().register('server/name')?.value
const key = 'server/name'

describe('governance', () => {
  it('GOV-2: begins with its genesis; another genesis in the channel is nothing', () => {
    const { history } = house()
    history.say(carl, undefined, { ...history.origin.act, founders: [carl.author] } as never)
    const state = history.state()
    assert.equal(state.standing(carl.author), undefined)
    assert.equal(state.standing(owner.author)?.rank, 0)
    assert.throws(() => createGovernance(history.events[1]!), TypeError)
  })

  it('GOV-8: a grant gives less than it was issued under, roles included', () => {
    const { history, admin, moderator } = house()
    history.grant(anna, admin, carl, 10)
    history.grant(anna, admin, carl, 30, ['10-admin'])
    assert.equal(history.state().standing(carl.author), undefined)
    history.grant(ben, moderator, carl, 30)
    assert.equal(history.state().standing(carl.author), undefined, 'a role or a rank needs manageRoles')
    history.grant(ben, moderator, carl, 100)
    assert.equal(history.state().standing(carl.author)?.rank, 100)
  })

  it('GOV-9: nobody acts under a grant of somebody else', () => {
    const { history, admin } = house()
    history.set(carl, admin, key, 'mine')
    assert.equal(name(history), undefined)
  })

  it('GOV-10: mutual demotion: the senior wins, and what the junior did at that time is void', () => {
    const { history, admin, moderator } = house()
    history.revoke(anna, admin, moderator, 'kick', new Map())
    history.revoke(ben, moderator, admin, 'kick', new Map())
    history.grant(ben, moderator, carl, 100)
    const state = history.state()
    assert.equal(state.standing(anna.author)?.rank, 10)
    assert.equal(state.standing(ben.author), undefined)
    assert.equal(state.standing(carl.author), undefined)
  })

  it('GOV-10: equals cannot touch each other', () => {
    const { history, admin } = house()
    const other = history.grant(owner, history.origin, carl, 10, ['10-admin'])
    history.revoke(anna, admin, other, 'kick', new Map())
    history.revoke(carl, other, admin, 'kick', new Map())
    const state = history.state()
    assert.equal(state.standing(anna.author)?.rank, 10)
    assert.equal(state.standing(carl.author)?.rank, 10)
  })

  it('GOV-11: one cut undoes all that a rogue admin did after it, and nothing before', () => {
    const { history, admin } = house()
    history.set(anna, admin, key, 'before')
    const last = history.head(anna.feed)
    const people = Array.from({ length: 5 }, (_, i) => person(`m${i}`))
    for (const one of people) {
      const grant = history.grant(owner, history.origin, one, 100)
      history.revoke(anna, admin, grant, 'kick', new Map())
    }
    history.set(anna, admin, key, 'pwned')
    const crony = history.grant(anna, admin, carl, 20, ['20-moderator'])
    history.set(carl, crony, `timeout/${people[0]!.author}`, 9)
    assert.equal(history.state().standing(people[0]!.author), undefined)
    history.revoke(owner, history.origin, admin, 'demote', new Map([[anna.feed, last]]))
    const state = history.state()
    for (const one of people) assert.equal(state.standing(one.author)?.rank, 100)
    assert.equal(name(history), 'before')
    assert.equal(state.standing(carl.author), undefined)
    assert.equal(state.register(`timeout/${people[0]!.author}`), undefined)
    assert.equal(state.judge({ author: anna.author, auth: admin.id, feed: anna.feed, seq: last }), 'valid')
    assert.equal(state.judge({ author: anna.author, auth: admin.id, feed: anna.feed, seq: last + 1 }), 'hidden')
  })

  it('GOV-11: a feed that is not listed is cut from its beginning, so that nobody writes into the past', () => {
    const { history, admin } = house()
    history.revoke(owner, history.origin, admin)
    const backdated = person('anna backdated').feed
    history.set(anna, admin, key, 'late', { feed: backdated, seq: 1 })
    assert.equal(name(history), undefined)
  })

  it('GOV-11: what one revoker says adds up; of several revokers the lowest cut counts', () => {
    const { history, admin, moderator } = house()
    history.set(ben, moderator, `timeout/${carl.author}`, 1)
    history.set(ben, moderator, `timeout/${carl.author}`, 2)
    const value = (): unknown => history.state().register(`timeout/${carl.author}`)?.value
    history.revoke(anna, admin, moderator, 'demote', new Map())
    assert.equal(value(), undefined)
    history.revoke(anna, admin, moderator, 'demote', new Map([[ben.feed, 2]]))
    assert.equal(value(), 2)
    history.revoke(owner, history.origin, moderator, 'demote', new Map([[ben.feed, 1]]))
    assert.equal(value(), 1)
    assert.equal(history.state().standing(ben.author), undefined)
  })

  it('GOV-11: a cut of somebody who is cut before it is void, and what it hid is back', () => {
    const { history, admin, moderator } = house()
    history.revoke(anna, admin, moderator, 'kick', new Map())
    assert.equal(history.state().standing(ben.author), undefined)
    history.revoke(owner, history.origin, admin, 'demote', new Map())
    assert.equal(history.state().standing(ben.author)?.rank, 20)
  })

  it('GOV-12: leaving is one’s own to do, also for a founder; it does not undo itself', () => {
    const history = new History(owner, anna)
    const grant = history.grant(owner, history.origin, ben, 100)
    history.revoke(ben, grant, grant, 'leave')
    history.revoke(anna, history.origin, history.origin, 'leave')
    const state = history.state()
    assert.equal(state.standing(ben.author), undefined)
    assert.equal(state.standing(anna.author), undefined)
    assert.equal(state.standing(owner.author)?.rank, 0)
    assert.ok(history.events.every(({ id }) => state.isValid(id)))
  })

  it('GOV-12: coming back is a new grant; the old one stays ended', () => {
    const { history, moderator } = house()
    history.revoke(owner, history.origin, moderator)
    const again = history.grant(owner, history.origin, ben, 100)
    const state = history.state()
    assert.equal(state.standing(ben.author)?.id, again.id)
    assert.equal(state.judge({ author: ben.author, auth: moderator.id, feed: ben.feed, seq: 1 }), 'hidden')
    assert.equal(state.judge({ author: ben.author, auth: again.id, feed: ben.feed, seq: 1 }), 'valid')
  })

  it('GOV-13: waiting, rejected, hidden and valid are four things', () => {
    const { history, admin, moderator } = house()
    const state = history.state()
    const by = { author: ben.author, feed: ben.feed, seq: 1 }
    assert.equal(state.judge({ ...by, auth: moderator.id }), 'valid')
    assert.equal(state.judge({ ...by, auth: admin.id }), 'rejected')
    assert.equal(state.judge({ ...by, auth: undefined }), 'rejected')
    assert.equal(state.judge({ ...by, auth: history.grant(owner, history.origin, ben, 9).id }), 'waiting')
  })

  it('GOV-14: of a feed that forks, the common beginning stays', () => {
    const { history, admin } = house()
    history.set(anna, admin, key, 'one')
    history.set(anna, admin, key, 'two')
    history.set(anna, admin, key, 'three', { seq: 2 })
    const voided = history.grant(anna, admin, carl, 100)
    const aimless = history.revoke(owner, history.origin, voided)
    const state = history.state()
    assert.equal(state.standing(carl.author), undefined)
    assert.equal(state.isValid(aimless.id), false)
    assert.equal(name(history), 'one')
  })

  it('GOV-16: of several grants the highest counts, of equal ones the newest', () => {
    const { history, moderator } = house()
    const lower = history.grant(owner, history.origin, ben, 100)
    assert.equal(history.state().standing(ben.author)?.id, moderator.id)
    const equal = history.grant(owner, history.origin, ben, 20)
    assert.equal(history.state().standing(ben.author)?.id, equal.id)
    assert.equal(history.state().liveGrants(ben.author).length, 3)
    history.revoke(owner, history.origin, moderator)
    history.revoke(owner, history.origin, equal)
    assert.equal(history.state().standing(ben.author)?.id, lower.id)
  })

  it('GOV-15: narrowing a role undoes nothing that was done', () => {
    const { history } = house()
    history.set(owner, history.origin, 'role/100-member', ['member', ['read', 'send', 'invite']])
    const member = history.grant(owner, history.origin, carl, 100)
    const friend = person('friend')
    history.grant(carl, member, friend, 101)
    history.set(owner, history.origin, 'role/100-member', ['member', ['read']])
    const state = history.state()
    assert.equal(state.standing(friend.author)?.rank, 101)
  })

  it('GOV-15: an edit counts for those below its author', () => {
    const { history, moderator } = house()
    history.set(owner, history.origin, 'role/15-clerk', ['clerk', ['manageRoles', 'mentionEveryone']])
    const dora = person('dora')
    const clerk = history.grant(owner, history.origin, dora, 30, ['15-clerk'])
    history.grant(ben, moderator, carl, 100)
    history.set(dora, clerk, 'role/100-member', ['member', ['mentionEveryone']])
    const counts = (who: typeof carl): boolean =>
      ((history.state().standing(who.author)?.counted ?? 0) & bitOf('mentionEveryone')) !== 0
    assert.equal(counts(carl), true)
    history.set(owner, history.origin, 'role/20-moderator', ['moderator', []])
    const eva = person('eva')
    const before = history.state()
    const grant = history.grant(owner, history.origin, eva, 30)
    assert.equal(counts(eva), false)
    before.apply([grant])
    assert.deepEqual(before.standing(eva.author), history.state().standing(eva.author))
  })

  it('GOV-22: a role is edited from above, with permissions that one has', () => {
    const { history, admin } = house()
    history.set(anna, admin, 'role/10-admin', ['king', ['ban']])
    assert.equal(history.state().register('role/10-admin'), undefined)
    history.set(owner, history.origin, 'role/30-clerk', ['clerk', ['manageRoles']])
    const clerk = history.grant(owner, history.origin, carl, 30, ['30-clerk'])
    history.set(carl, clerk, 'role/40-x', ['x', ['ban']])
    assert.equal(history.state().register('role/40-x'), undefined)
    history.set(carl, clerk, 'role/40-x', ['x', ['manageRoles']])
    assert.notEqual(history.state().register('role/40-x'), undefined)
  })

  it('GOV-17: a plain member sets nothing, makes no channel, puts nobody out', () => {
    const { history, moderator } = house()
    const member = history.grant(owner, history.origin, carl, 100)
    const junior = history.grant(ben, moderator, person('dora'), 101)
    history.set(carl, member, key, 'mine')
    history.say(carl, member, { type: 'channel.create', handle: 'x' as never, name: 'x', private: false })
    history.revoke(carl, member, junior, 'kick', new Map())
    const state = history.state()
    assert.equal(name(history), undefined)
    assert.equal(state.channels.size, 0)
    assert.equal(state.standing(person('dora').author)?.rank, 101)
  })

  it('GOV-7: a profile names its own author only; the later one counts', () => {
    const { history, admin } = house()
    const { member } = carl
    history.say(anna, admin, { type: 'member.profile', member: anna.member, address: 'anna@a' })
    history.say(anna, admin, { type: 'member.profile', member: anna.member, address: 'anna@b' })
    const foreign = history.say(anna, admin, { type: 'member.profile', member, address: 'carl@a' })
    const state = history.state()
    assert.equal(state.address(carl.author), undefined)
    assert.equal(state.address(anna.author), 'anna@b')
    assert.equal(state.isValid(foreign.id), false)
  })

  it('decides an ordinary event without deciding the others again', () => {
    const { history, admin } = house()
    const state = history.state()
    const { walks } = state
    const next = history.events.length
    const member = history.grant(owner, history.origin, carl, 100)
    history.set(anna, admin, key, 'new')
    history.say(anna, admin, { type: 'channel.create', handle: 'x' as never, name: 'x', private: false })
    history.revoke(anna, admin, member)
    for (const event of history.events.slice(next)) assert.equal(state.apply([event]), true)
    assert.equal(state.standing(carl.author), undefined)
    assert.equal(state.register(key)?.value, 'new')
    assert.equal(state.walks, walks)
  })
})
