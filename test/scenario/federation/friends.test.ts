import assert from 'node:assert/strict'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendList } from '../../../spec/calls/friend.list.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { callNode } from '../../support/calls.ts'
import { openSite, untilAlike, type Person, type Site } from './nodes.ts'

describe('friends on two nodes', () => {
  let oak: Site
  let elm: Site
  let alice: Person
  let bob: Person
  before(async () => {
    ;[oak, elm] = await Promise.all([openSite('oak', '127.0.0.31'), openSite('elm', '127.0.0.32')])
    ;[alice, bob] = await Promise.all([oak.person('alice'), elm.person('bob')])
    // They met in a server: so the nodes know each other.
    await bob.join(await oak.link())
  })
  after(() => Promise.all([oak[Symbol.asyncDispose](), elm[Symbol.asyncDispose]()]))
  const aliceAt = () => `alice@${oak.nodeId}`
  const bobAt = () => `bob@${elm.nodeId}`

  it('NCALL-10: a request is asked, told and accepted; both sides say so', async () => {
    const asked = await callNode(bob.client, 'bob', friendRequest, { address: aliceAt() })
    assert.equal(asked.standing, 'outgoing')
    const { from } = await alice.inbox('friend.request')
    assert.equal((from as { address: string }).address, bobAt())
    await callNode(alice.client, 'alice', friendAccept, { address: bobAt() })
    await bob.inbox('friend.accepted')
    for (const [person, other] of [
      [alice, bobAt()],
      [bob, aliceAt()],
    ] as const) {
      const { friends } = await callNode(person.client, person.user, friendList, {})
      assert.deepEqual(
        friends.map(({ address, standing }) => [address, standing]),
        [[other, 'friend']],
      )
    }
  })

  it('somebody who is not there and somebody who may not be asked are one', async () => {
    await assert.rejects(callNode(bob.client, 'bob', friendRequest, { address: `nobody@${oak.nodeId}` }), {
      code: 'NOT_FOUND',
    })
  })

  it('a DM goes both ways, and is one channel on both nodes', async () => {
    const { channel } = await callNode(bob.client, 'bob', dmOpen, { address: aliceAt() })
    const opened = await callNode(alice.client, 'alice', dmOpen, { address: bobAt() })
    assert.equal(opened.channel, channel)
    await Promise.all([alice, bob].map((person) => person.hear(channel)))
    await bob.say(channel, 'just us')
    await alice.heard('just us')
    await alice.say(channel, 'indeed')
    await bob.heard('indeed')
    await untilAlike([bob, alice], channel, 'indeed')
  })

  it('a DM to a node that is away waits, and arrives once', async () => {
    const { channel } = await callNode(bob.client, 'bob', dmOpen, { address: aliceAt() })
    await oak.node.kill9()
    await bob.say(channel, 'are you there?')
    await oak.node.restart()
    await alice.back()
    await alice.hear(channel)
    await bob.say(channel, 'hello?')
    await alice.heard('hello?')
    const said = (await alice.read(channel)).map(({ body }) => body)
    assert.equal(said.filter((text) => text === 'are you there?').length, 1)
  })
})
