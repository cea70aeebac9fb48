import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { z } from 'zod'
import type { CallSpec } from '../../../spec/calls/call.ts'
import { dmAdd } from '../../../spec/calls/dm.add.ts'
import { dmCreate } from '../../../spec/calls/dm.create.ts'
import { dmLeave } from '../../../spec/calls/dm.leave.ts'
import { dmList } from '../../../spec/calls/dm.list.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { dmRename } from '../../../spec/calls/dm.rename.ts'
import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import type { EventJson } from '../../../spec/message.ts'
import { callNode } from '../../support/calls.ts'
import { openSite, type Person, type Site } from '../federation/nodes.ts'

/**
 * Alice at oak, Bob at elm, Cid at ash. Bob is in a server of oak's, Alice in one of ash's: elm and ash share nothing but
 * the group.
 */
describe('group DMs over three nodes', () => {
  let oak: Site
  let elm: Site
  let ash: Site
  let alice: Person
  let bob: Person
  let cid: Person
  let dan: Person
  let group: ChannelId
  let dm: ChannelId
  const address = (who: Person, at: Site): string => `${who.user}@${at.nodeId}`
  before(async () => {
    ;[oak, elm, ash] = await Promise.all([
      openSite('oak', '127.0.0.51', { port: await freePort('127.0.0.51') }),
      openSite('elm', '127.0.0.52'),
      openSite('ash', '127.0.0.53'),
    ])
    ;[alice, bob, cid, dan] = await Promise.all([
      oak.person('alice'),
      elm.person('bob'),
      ash.person('cid'),
      oak.person('dan'),
    ])
    await bob.join(await oak.link())
    await alice.join(await ash.link())
    await befriend(alice, bob, elm)
    await befriend(alice, cid, ash)
    await call(alice, friendRequest, { address: 'dan' })
    await call(dan, friendAccept, { address: 'alice' })
  })
  after(() => Promise.all([oak, elm, ash].map((site) => site[Symbol.asyncDispose]())))

  const call = <I extends z.ZodType, O extends z.ZodType>(of: Person, spec: CallSpec<I, O>, input: z.input<I>) =>
    callNode(of.client, of.user, spec, input)
  const befriend = async (one: Person, other: Person, at: Site): Promise<void> => {
    await call(one, friendRequest, { address: address(other, at) })
    await call(other, friendAccept, { address: address(one, oak) })
    await one.inbox('friend.accepted', ({ from }) => (from as { address: string }).address === address(other, at))
  }
  const opened = (of: Person, channel: ChannelId) =>
    of.inbox('dm.opened', ({ conversation }) => (conversation as { channel: string }).channel === channel)
  const listed = async (of: Person, channel = group) =>
    (await call(of, dmList, {})).conversations.find((one) => one.channel === channel)
  const texts = async (of: Person, channel = group): Promise<unknown[]> =>
    (await of.read(channel)).map(({ body }) => body)
  /** All of them read the same, in one order. */
  const agree = async (channel: ChannelId, people: readonly Person[], count: number): Promise<void> => {
    for (const one of people) await until(async () => (await one.read(channel)).length === count)
    const [first, ...others] = await Promise.all(people.map(async (one) => said(await one.read(channel))))
    for (const other of others) assert.deepEqual(other, first)
  }

  it('FRIEND-16, FRIEND-24: made at oak, it is there at elm and ash, and everybody hears everybody', async () => {
    group = (await call(alice, dmCreate, { members: [address(bob, elm), address(cid, ash)], name: 'Trees' })).channel
    await Promise.all([opened(bob, group), opened(cid, group)])
    for (const one of [alice, bob, cid]) await one.hear(group)
    await alice.say(group, 'from oak')
    for (const one of [bob, cid]) await one.heard('from oak')
    await bob.say(group, 'from elm')
    for (const one of [alice, cid]) await one.heard('from elm')
    await cid.say(group, 'from ash')
    for (const one of [alice, bob]) await one.heard('from ash')
    await agree(group, [alice, bob, cid], 3)
    assert.deepEqual(
      (await listed(cid))?.people.map(({ address: one }) => one).sort(),
      [address(alice, oak), address(bob, elm), address(cid, ash)].sort(),
    )
  })

  it('FRIEND-17, FRIEND-18: who is added reads what was said, on every node', async () => {
    await assert.rejects(call(bob, dmAdd, { channel: group, address: address(dan, oak) }), { code: 'NOT_FRIEND' })
    await call(alice, dmAdd, { channel: group, address: 'dan' })
    await opened(dan, group)
    assert.deepEqual(await texts(dan), ['from oak', 'from elm', 'from ash'])
    await dan.say(group, 'late')
    for (const one of [bob, cid]) await one.heard('late')
  })

  it('one node away: the others talk on; it comes back, and everything is there once', async () => {
    await elm.node.kill9()
    await alice.say(group, 'is elm there?')
    await cid.heard('is elm there?')
    await cid.say(group, 'not now')
    await alice.heard('not now')
    await elm.node.restart()
    await bob.back()
    await agree(group, [alice, bob, cid, dan], 6)
    await bob.say(group, 'back again')
    for (const one of [alice, cid]) await one.heard('back again')
  })

  it('while oak is away elm and ash talk to each other, and oak catches up', async () => {
    await oak.node.kill9()
    await bob.say(group, 'oak fell')
    await cid.heard('oak fell')
    await cid.say(group, 'let us wait')
    await bob.heard('let us wait')
    await oak.node.restart()
    await Promise.all([alice.back(), dan.back()])
    await agree(group, [alice, bob, cid, dan], 9)
  })

  it('FRIEND-20, FRIEND-21: a new name is the same everywhere, and everybody is told', async () => {
    await call(cid, dmRename, { channel: group, name: 'Hardwood' })
    const isNamed = ({ conversation }: Record<string, unknown>) =>
      (conversation as { name: string }).name === 'Hardwood'
    for (const one of [alice, bob, cid, dan]) await one.inbox('dm.changed', isNamed)
    for (const one of [alice, bob, cid, dan]) assert.equal((await listed(one))?.name, 'Hardwood')
  })

  it('FRIEND-19: who leaves is out everywhere and hears no more', async () => {
    await call(bob, dmLeave, { channel: group })
    await until(async () => (await listed(cid))?.people.length === 3)
    await until(async () => (await listed(alice))?.people.length === 3)
    assert.equal(await listed(bob), undefined)
    const from = bob.client.received.length
    await alice.say(group, 'bob is gone')
    await cid.heard('bob is gone')
    await cid.say(group, 'so it is')
    await alice.heard('so it is')
    assert.ok(!bob.client.received.slice(from).some(({ text }) => text.includes('bob is gone')))
    await assert.rejects(bob.read(group), { code: 'NOT_FOUND' })
    const { code } = await bob.client.publish(`c/${group}/say`, 'still here?')
    assert.ok(code >= 0x80)
  })

  it('FRIEND-19: the owner leaves, and whoever has been in longest owns it, on every node', async () => {
    assert.equal((await listed(cid))?.owner, address(alice, oak))
    await call(alice, dmLeave, { channel: group })
    await until(async () => (await listed(cid))?.owner === address(cid, ash))
    await until(async () => (await listed(dan))?.owner === address(cid, ash))
    assert.equal(await listed(alice), undefined)
    await dan.say(group, 'you own it now')
    await cid.heard('you own it now')
    await cid.say(group, 'I do')
    await until(async () => (await texts(dan)).includes('I do'))
    assert.deepEqual(said(await dan.read(group)), said(await cid.read(group)))
  })

  it('FRIEND-23: a DM to a node that is away waits, and arrives once', async () => {
    dm = (await call(alice, dmOpen, { address: address(bob, elm) })).channel
    await elm.node.kill9()
    await alice.say(dm, 'read this when you are up')
    await alice.say(dm, 'and this')
    await oak.node.kill9()
    await Promise.all([oak.node.restart(), elm.node.restart()])
    await Promise.all([alice.back(), bob.back()])
    await until(async () => (await listed(bob, dm)) !== undefined)
    await agree(dm, [alice, bob], 2)
    await bob.say(dm, 'read')
    await until(async () => (await texts(alice, dm)).includes('read'))
    assert.deepEqual(await texts(bob, dm), ['read this when you are up', 'and this', 'read'])
    await agree(dm, [alice, bob], 3)
  })
})

/** Oak is found again where it was, also by a node that was away with it. */
const freePort = async (host: string): Promise<number> => {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** In the order in which people see it. */
const said = (events: readonly EventJson[]): string[] =>
  events.map(({ id, body, author }) => `${id} ${author.member} ${String(body)}`)

/** Asked again until it is so; mocha's time-out ends what never comes. */
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo()));
}
