import assert from 'node:assert/strict'
import type { UserName } from '../../../../spec/ids.ts'
import { limits } from '../../../../spec/limits.ts'
import { twoNodes, type Side, type TwoNodes } from './two-nodes.ts'

const [alice, bob, carol] = ['alice', 'bob', 'carol'] as [UserName, UserName, UserName]

describe('friends over two nodes', () => {
  let world: TwoNodes
  let here: Side
  let there: Side
  let bobs: string
  let alices: string
  beforeEach(async () => {
    world = await twoNodes({ here: ['alice', 'carol'], there: ['bob'] })
    ;({ here, there } = world)
    bobs = `bob@${there.node}`
    alices = `alice@${here.node}`
  })
  const befriend = async (): Promise<void> => {
    await here.friends.request(alice, bobs)
    await there.friends.accept(bob, alices)
  }
  const standings = (side: Side, user: UserName) => side.friends.list(user).map(({ standing }) => standing)
  const types = (side: Side, user: UserName) =>
    side.told.filter((one) => one.user === user).map(({ notice }) => notice.type)

  it('FRIEND-3, FRIEND-4, FRIEND-21, FRIEND-22: a request waits at the recipient’s node until it is accepted', async () => {
    await here.friends.request(alice, bobs)
    await here.friends.request(alice, bobs)
    assert.deepEqual(standings(here, alice), ['outgoing'])
    assert.deepEqual(standings(there, bob), ['incoming'])
    assert.deepEqual(types(there, bob), ['friend.request'])
    await there.friends.accept(bob, alices)
    assert.deepEqual([standings(here, alice), standings(there, bob)], [['friend'], ['friend']])
    assert.ok(types(here, alice).includes('friend.accepted'))
    assert.equal(here.friends.list(alice)[0]?.address, bobs)
  })

  it('FRIEND-3: who has asked already and is asked becomes a friend at once', async () => {
    await here.friends.request(alice, bobs)
    assert.equal(await there.friends.request(bob, alices), 'friend')
    assert.deepEqual([standings(here, alice), standings(there, bob)], [['friend'], ['friend']])
  })

  it('FRIEND-3: at most so many wait for one person', async () => {
    for (let i = 0; i < limits.friendRequestsMax; i++) {
      await there.friends.answer('friend.request', { from: `u${i}@${here.node}` as never, to: bob })
    }
    await assert.rejects(here.friends.request(alice, bobs), { code: 'QUOTA' })
    assert.deepEqual(standings(here, alice), [])
  })

  it('FRIEND-2, FRIEND-5, FRIEND-22: what the other node has not heard is put right by the next request', async () => {
    await befriend()
    world.isAway = true
    await there.friends.remove(bob, alices)
    assert.deepEqual([standings(here, alice), standings(there, bob)], [['friend'], []])
    world.isAway = false
    assert.equal(await here.friends.request(alice, bobs), 'outgoing')
    assert.deepEqual([standings(here, alice), standings(there, bob)], [['outgoing'], ['incoming']])
  })

  it('a node that is away: the request stays, and can be made again', async () => {
    world.isAway = true
    await assert.rejects(here.friends.request(alice, bobs), { code: 'NODE_DOWN' })
    assert.deepEqual(standings(here, alice), ['outgoing'])
    world.isAway = false
    await here.friends.request(alice, bobs)
    assert.deepEqual(standings(there, bob), ['incoming'])
    await here.friends.remove(alice, bobs)
    await assert.rejects(there.friends.accept(bob, alices), { code: 'NOT_FOUND' })
  })

  it('FRIEND-1, FRIEND-10: names that lead to nobody', async () => {
    for (const who of [`nobody@${there.node}`, 'zoe', 'bob@elsewhere.example', 'Bob', '']) {
      await assert.rejects(here.friends.request(alice, who), { code: 'NOT_FOUND' }, who)
    }
    await assert.rejects(here.friends.request(alice, 'alice@home.example'), { code: 'BAD_REQUEST' })
    await there.friends.setPrivacy(bob, { add: 'nobody' })
    await assert.rejects(here.friends.request(alice, bobs), { code: 'NOT_FOUND' })
    assert.deepEqual(there.friends.privacy(bob), { dm: 'friends', add: 'nobody' })
  })

  it('FRIEND-12, FRIEND-15, FRIEND-23: a DM to a node that is away waits and arrives once', async () => {
    await befriend()
    world.isAway = true
    const { channel } = await here.friends.openDm(alice, bobs)
    await here.say(alice, channel, 'are you there?')
    world.isAway = false
    await world.sync()
    await world.sync()
    assert.ok(types(there, bob).includes('dm.opened'))
    assert.deepEqual(there.read(bob, channel), ['are you there?'])
    await there.say(bob, channel, 'now I am')
    await world.sync()
    assert.deepEqual(here.read(alice, channel), ['are you there?', 'now I am'])
    assert.equal((await there.friends.openDm(bob, alices)).channel, channel)
  })

  it('FRIEND-6, FRIEND-22: the recipient’s node decides: strangers, and who was a friend', async () => {
    await assert.rejects(here.friends.openDm(alice, bobs), { code: 'NOT_FRIEND' })
    await befriend()
    const { channel } = await here.friends.openDm(alice, bobs)
    await world.sync()
    world.isAway = true
    await there.friends.remove(bob, alices)
    await here.say(alice, channel, 'she does not know')
    world.isAway = false
    await world.sync()
    assert.deepEqual(there.read(bob, channel), [])
  })

  it('FRIEND-11: a request from a stranger, answered though the stranger takes friends only', async () => {
    await assert.rejects(here.friends.openDm(alice, bobs), { code: 'NOT_FRIEND' })
    await befriend()
    await there.friends.remove(bob, alices)
    await here.friends.openDm(alice, 'carol').then(
      () => assert.fail('carol takes friends only'),
      () => undefined,
    )
    world.shared = true
    await here.friends.setPrivacy(carol, { dm: 'sharedServer' })
    const { channel } = await here.friends.openDm(alice, 'carol')
    await world.sync()
    assert.equal(here.friends.conversations(carol)[0]?.request, true)
    await here.say(alice, channel, 'hello')
    await here.say(carol, channel, 'hello yourself')
    assert.equal((await here.friends.openDm(carol, 'alice')).request, false)
    await here.friends.remove(alice, 'carol')
    await assert.rejects(here.say(carol, channel, 'again'), { code: 'NOT_FRIEND' })
  })

  it('threat 40 over two nodes: FRIEND-7, FRIEND-8: a block is silence', async () => {
    await befriend()
    const { channel } = await here.friends.openDm(alice, bobs)
    await here.say(alice, channel, 'before')
    await world.sync()
    await there.friends.block(bob, alices)
    assert.deepEqual(
      there.friends.blocked(bob).map(({ name }) => name),
      ['alice'],
    )
    const told = there.told.length
    await here.say(alice, channel, 'meanwhile')
    assert.equal(await here.friends.request(alice, bobs), 'friend')
    assert.equal((await here.friends.openDm(alice, bobs)).channel, channel)
    await here.friends.createGroup(alice, { name: '', members: [bobs] })
    await world.sync()
    assert.deepEqual(there.read(bob, channel), ['before'])
    assert.equal(there.told.length, told)
    assert.deepEqual(standings(here, alice), ['friend'])
    assert.equal(there.friends.conversations(bob).length, 1)
    await assert.rejects(there.say(bob, channel, 'no'), { code: 'NOT_ALLOWED' })
    await assert.rejects(there.friends.request(bob, alices), { code: 'NOT_ALLOWED' })

    await there.friends.unblock(bob, alices)
    await world.sync()
    assert.deepEqual(there.read(bob, channel), ['before'], 'what was said meanwhile stays unseen')
    await assert.rejects(here.friends.openDm(alice, bobs), { code: 'NOT_FRIEND' })
    await here.friends.request(alice, bobs)
    await there.friends.accept(bob, alices)
    await here.say(alice, channel, 'after')
    await world.sync()
    assert.deepEqual(there.read(bob, channel), ['before', 'after'])
  })

  it('FRIEND-7: a block changes no answer: who would be refused without it is refused', async () => {
    await there.friends.block(bob, alices)
    await assert.rejects(here.friends.openDm(alice, bobs), { code: 'NOT_FRIEND' })
    assert.equal(await here.friends.request(alice, bobs), 'outgoing')
    assert.deepEqual(standings(there, bob), [])
    await there.friends.setPrivacy(bob, { add: 'nobody' })
    await here.friends.remove(alice, bobs)
    await assert.rejects(here.friends.request(alice, bobs), { code: 'NOT_FOUND' })
    await assert.rejects(there.friends.unblock(bob, `zoe@${here.node}`), { code: 'NOT_FOUND' })
  })

  it('FRIEND-9: presence is shown anew exactly where it changed', async () => {
    await here.friends.request(alice, 'carol')
    assert.equal(here.shown.size, 0)
    await here.friends.accept(carol, 'alice')
    assert.deepEqual([...here.shown.values()], [true, true])
    assert.ok(here.friends.maySeePresence(alice, carol))
    await here.friends.block(carol, 'alice')
    assert.deepEqual([...here.shown.values()], [false, false])
    assert.ok(here.friends.isPresenceHidden(alice, carol) && here.friends.isPresenceHidden(carol, alice))
    assert.ok(here.friends.mayAskPresence(alice, carol))
  })

  it('FRIEND-16 to FRIEND-20, FRIEND-24: a group over two nodes; who is out is told and gets no more', async () => {
    await befriend()
    await here.friends.request(alice, 'carol')
    await here.friends.accept(carol, 'alice')
    const { channel } = await here.friends.createGroup(alice, { name: 'All', members: [bobs, 'carol'] })
    await here.say(alice, channel, 'one')
    await world.sync()
    assert.deepEqual(there.read(bob, channel), ['one'])
    await there.say(bob, channel, 'two')
    await there.friends.renameGroup(bob, channel, 'Everybody')
    await world.sync()
    assert.equal(here.friends.conversations(carol)[0]?.name, 'Everybody')
    await assert.rejects(there.friends.removeFromGroup(bob, channel, `carol@${here.node}`), { code: 'NOT_ALLOWED' })
    await here.friends.removeFromGroup(alice, channel, bobs)
    await here.say(carol, channel, 'three')
    await world.sync()
    assert.equal(there.friends.conversations(bob).length, 0)
    assert.ok(!there.friends.may(bob, channel, 'read'))
    assert.deepEqual(here.read(carol, channel), ['one', 'two', 'three'])
    assert.ok(!there.friends.covers({ ...(await here.say(alice, channel, 'four')), node: there.node }))
    await here.friends.leaveGroup(alice, channel)
    assert.equal(here.friends.conversations(carol)[0]?.owner, 'carol@home.example')
  })

  it('FRIEND-17: only friends are added, and no more than fit', async () => {
    await assert.rejects(here.friends.createGroup(alice, { name: '', members: [bobs] }), { code: 'NOT_FRIEND' })
    await assert.rejects(here.friends.createGroup(alice, { name: '', members: ['carol'] }), { code: 'NOT_FRIEND' })
    await befriend()
    const { channel } = await here.friends.createGroup(alice, { name: '', members: [bobs] })
    await assert.rejects(here.friends.addToGroup(alice, channel, 'carol'), { code: 'NOT_FRIEND' })
    await assert.rejects(here.friends.addToGroup(carol, channel, 'alice'), { code: 'NOT_FOUND' })
    await assert.rejects(here.friends.renameGroup(alice, channel, 'x'.repeat(81)), { code: 'BAD_REQUEST' })
    await here.friends.addToGroup(alice, channel, bobs)
  })

  it('FRIEND-17: one is in so many groups: past that one makes none, and is added to none', async () => {
    await befriend()
    await here.friends.request(alice, 'carol')
    await here.friends.accept(carol, 'alice')
    const groups = []
    for (let i = 0; i < limits.groupsPerUserMax; i++) {
      groups.push(await here.friends.createGroup(alice, { name: `${i}`, members: i === 0 ? ['carol'] : [] }))
    }
    await assert.rejects(here.friends.createGroup(alice, { name: 'more', members: [] }), { code: 'QUOTA' })
    await assert.rejects(here.friends.createGroup(carol, { name: 'with alice', members: ['alice'] }), { code: 'QUOTA' })
    const { channel } = await here.friends.createGroup(carol, { name: 'alone', members: [] })
    await assert.rejects(here.friends.addToGroup(carol, channel, 'alice'), { code: 'QUOTA' })
    await assert.rejects(there.friends.createGroup(bob, { name: 'far', members: [alices] }), { code: 'QUOTA' })
    await here.friends.leaveGroup(alice, groups[1]!.channel)
    await here.friends.addToGroup(carol, channel, 'alice')
    await here.friends.settled()
    assert.ok(here.friends.conversations(alice).some(({ name }) => name === 'alone'))
  })

  it('FRIEND-19: what was under way when somebody was put out is no loss: the cut is raised', async () => {
    await here.friends.request(alice, 'carol')
    await here.friends.accept(carol, 'alice')
    const { channel } = await here.friends.createGroup(alice, { name: '', members: ['carol'] })
    await here.friends.settled()
    await here.say(carol, channel, 'first')
    const seat = here.friends.authorise(carol, channel, 'send')
    assert.ok(seat.ok)
    await here.friends.removeFromGroup(alice, channel, 'carol')
    await here.append({ channel, member: seat.member, auth: seat.auth, type: 'msg', body: Buffer.from('under way') })
    await here.friends.settled()
    assert.deepEqual(here.read(alice, channel), ['first', 'under way'])
  })
})
