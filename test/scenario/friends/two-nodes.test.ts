import assert from 'node:assert/strict'
import type { z } from 'zod'
import { block } from '../../../spec/calls/block.ts'
import type { CallSpec } from '../../../spec/calls/call.ts'
import { dmAdd } from '../../../spec/calls/dm.add.ts'
import { dmCreate } from '../../../spec/calls/dm.create.ts'
import { dmList } from '../../../spec/calls/dm.list.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendList } from '../../../spec/calls/friend.list.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { messageEdit } from '../../../spec/calls/message.edit.ts'
import { messageReact } from '../../../spec/calls/message.react.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import type { EventJson } from '../../../spec/message.ts'
import { callNode } from '../../support/calls.ts'
import { openSite, type Person, type Site } from '../federation/nodes.ts'

/** Alice at oak, Bob at elm; the nodes know each other by a server of oak's that Bob joined. */
describe('friends and direct messages between two nodes', () => {
  let oak: Site
  let elm: Site
  let alice: Person
  let bob: Person
  let carol: Person
  let general: ChannelId
  let dm: ChannelId
  let alices: string
  let bobs: string
  before(async () => {
    ;[oak, elm] = await Promise.all([openSite('oak', '127.0.0.31'), openSite('elm', '127.0.0.32')])
    ;[alice, carol, bob] = await Promise.all([oak.person('alice'), oak.person('carol'), elm.person('bob')])
    alices = `alice@${oak.nodeId}`
    bobs = `bob@${elm.nodeId}`
    await bob.join(await oak.link())
    general = await alice.channel('oak', 'general')
    await bob.hear(general)
    await alice.say(general, 'here we are')
    await bob.heard('here we are')
  })
  after(() => Promise.all([oak[Symbol.asyncDispose](), elm[Symbol.asyncDispose]()]))

  const call = <I extends z.ZodType, O extends z.ZodType>(who: Person, spec: CallSpec<I, O>, input: z.input<I>) =>
    callNode(who.client, who.user, spec, input)
  const opened = (who: Person, channel: ChannelId) =>
    who.inbox('dm.opened', ({ conversation }) => (conversation as { channel: string }).channel === channel)

  it('FRIEND-3, FRIEND-4: a request goes to the other’s node, and is accepted there', async () => {
    await assert.rejects(call(alice, dmOpen, { address: bobs }), { code: 'NOT_FRIEND' })
    assert.deepEqual(await call(alice, friendRequest, { address: bobs }), { standing: 'outgoing' })
    const { friends } = await call(bob, friendList, {})
    assert.deepEqual(
      friends.map(({ address, standing }) => [address, standing]),
      [[alices, 'incoming']],
    )
    await call(bob, friendAccept, { address: alices })
    await alice.inbox('friend.accepted')
    assert.equal((await call(alice, friendList, {})).friends[0]?.standing, 'friend')
    await assert.rejects(call(alice, friendRequest, { address: `nobody@${elm.nodeId}` }), { code: 'NOT_FOUND' })
  })

  it('FRIEND-12: a DM is one channel on both nodes; they talk, type, react and edit', async () => {
    dm = (await call(alice, dmOpen, { address: bobs })).channel
    await opened(bob, dm)
    await Promise.all([alice.hear(dm), bob.hear(dm)])
    await alice.say(dm, 'hello elm')
    const heard = await bob.heard('hello elm')
    assert.equal(heard.author.address, alices)
    await bob.say(dm, 'hello oak')
    await alice.heard('hello oak')
    await bob.client.subscribe(`c/${dm}/typing`)
    await alice.client.publish(`c/${dm}/typing`, '')
    await bob.client.waitFor(({ topic, text }) => topic === `c/${dm}/typing` && text.includes('alice'))
    await call(bob, messageReact, { channel: dm, target: heard.id, emoji: '👍' })
    await alice.client.waitFor(({ text }) => text.includes('"react"') && text.includes('👍'))
    await call(alice, messageEdit, { channel: dm, target: heard.id, body: 'hello, elm' })
    await bob.client.waitFor(({ text }) => text.includes('"edit"') && text.includes('hello, elm'))
    assert.deepEqual(
      (await bob.read(dm)).map(({ body }) => body),
      ['hello, elm', 'hello oak'],
    )
  })

  it('FRIEND-12: for the third one, on either node, it does not exist', async () => {
    await assert.rejects(carol.read(dm), { code: 'NOT_FOUND' })
    assert.deepEqual(await call(carol, dmList, {}), { conversations: [] })
  })

  it('FRIEND-23: what is said while the other node is killed waits, and arrives once', async () => {
    await elm.node.kill9()
    await alice.say(dm, 'are you there?')
    await elm.node.restart()
    await bob.back()
    await waitUntil(async () => (await bob.read(dm)).some(({ body }) => body === 'are you there?'))
    await bob.say(dm, 'now I am')
    await alice.heard('now I am')
    const texts = (await bob.read(dm)).map(({ body }) => body)
    assert.equal(texts.filter((text) => text === 'are you there?').length, 1)
    assert.deepEqual(said(await bob.read(dm)), said(await alice.read(dm)))
  })

  it('FRIEND-16 to FRIEND-18, FRIEND-24: a group over both nodes, all of its history', async () => {
    await call(carol, friendRequest, { address: 'alice' })
    await call(alice, friendAccept, { address: 'carol' })
    const { channel } = await call(alice, dmCreate, { members: ['carol'], name: 'Trees' })
    await opened(carol, channel)
    await alice.say(channel, 'before bob')
    await call(alice, dmAdd, { channel, address: bobs })
    await opened(bob, channel)
    await waitUntil(async () => (await bob.read(channel)).length === 1)
    await bob.say(channel, 'hello trees')
    await waitUntil(async () => (await carol.read(channel)).some(({ body }) => body === 'hello trees'))
    assert.deepEqual(said(await bob.read(channel)), said(await carol.read(channel)))
  })

  it('threat 40 over two nodes: blocked, nothing arrives, and the sender sees no difference', async () => {
    await call(bob, block, { address: alices })
    const before = bob.client.received.length
    await alice.say(dm, 'blocked: dm')
    await alice.say(general, 'blocked: general @bob')
    await carol.say(general, 'a witness')
    await bob.heard('a witness')
    assert.equal((await call(alice, friendRequest, { address: bobs })).standing, 'friend')
    assert.equal((await call(alice, dmOpen, { address: bobs })).channel, dm)
    await call(alice, dmCreate, { members: [bobs] })
    await alice.client.publish(`c/${dm}/typing`, '')
    await carol.say(general, 'another witness')
    await bob.heard('another witness')
    const arrived = bob.client.received
      .slice(before)
      .filter(({ topic }) => topic !== 'u/bob/reply')
      .map(({ topic, text }) => `${topic} ${text}`)
      .filter((line) => !line.includes('witness') && !line.includes('"unread"'))
    assert.deepEqual(arrived, [])
    for (const channel of [dm, general]) assert.ok(!JSON.stringify(await bob.read(channel)).includes('blocked: '))
    assert.ok(JSON.stringify(await alice.read(dm)).includes('blocked: dm'))
  })
})

/** In the order in which people see it. */
const said = (events: readonly EventJson[]): string[] =>
  events.map(({ id, body, author }) => `${id} ${author.member} ${String(body)}`)

/** Asked again until it is so; mocha's time-out ends what never comes. */
const waitUntil = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo()));
}
