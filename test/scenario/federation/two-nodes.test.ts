import assert from 'node:assert/strict'
import { z } from 'zod'
import { serverLeave } from '../../../spec/calls/server.leave.ts'
import type { ChannelId, ServerId } from '../../../spec/ids.ts'
import { callNode } from '../../support/calls.ts'
import { openSite, untilAlike, type Person, type Site } from './nodes.ts'

describe('two nodes share a server', () => {
  let home: Site
  let away: Site
  let alice: Person
  let bob: Person
  let server: ServerId
  let general: ChannelId
  before(async () => {
    ;[home, away] = await Promise.all([openSite('oak', '127.0.0.11'), openSite('elm', '127.0.0.12')])
    ;[alice, bob] = await Promise.all([home.person('alice'), away.person('bob')])
    general = await alice.channel('oak', 'general')
    await alice.hear(general)
    await Promise.all(Array.from({ length: 60 }, (_, i) => alice.say(general, `before ${i}`)))
  })
  after(() => Promise.all([home[Symbol.asyncDispose](), away[Symbol.asyncDispose]()]))

  it('a member of one joins by a link, and has name, channels and the newest messages', async () => {
    server = await bob.join(await home.link())
    assert.deepEqual(await bob.channels(server), ['general'])
    assert.equal(await bob.channel(server, 'general'), general)
    await bob.hear(general)
    await alice.say(general, 'welcome')
    await bob.heard('welcome')
    await untilAlike([bob, alice], general, 'welcome')
  })

  it('they talk both ways, each known by their own node', async () => {
    await bob.say(general, 'hello oak')
    const heard = await alice.heard('hello oak')
    assert.equal(heard.author.address, `bob@${away.nodeId}`)
    await alice.say(general, 'hello elm')
    assert.equal((await bob.heard('hello elm')).author.address, `alice@${home.nodeId}`)
    await untilAlike([bob, alice], general, 'hello elm')
  })

  it('the sender hears when another node has it on disk', async () => {
    await bob.say(general, 'is it safe?')
    const { id } = await alice.heard('is it safe?')
    const receipt = await bob.inbox('replicated', (event) => event['id'] === id)
    assert.deepEqual(receipt, { type: 'replicated', channel: general, id, nodes: 1 })
  })

  it('typing is seen on the other node', async () => {
    await alice.client.subscribe(`c/${general}/typing`)
    await bob.client.publish(`c/${general}/typing`, '', { qos: 0 })
    const { text } = await alice.client.waitFor(({ topic }) => topic === `c/${general}/typing`)
    assert.equal(JSON.parse(text).name, 'bob')
  })

  it('CERT-3: a node with a new hot key is the same node, and what the old one sealed stands', async () => {
    await home.node.ask(z.looseObject({ serial: z.literal(2) }), 'key', 'rotate')
    await home.node.stop()
    await home.node.restart()
    await alice.back()
    await alice.say(general, 'under a new key')
    await bob.heard('under a new key')
    await bob.say(general, 'seen')
    await alice.heard('seen')
    await untilAlike([bob, alice], general, 'seen')
    const peer = await away.node.ask(z.looseObject({ state: z.string() }), 'peer', 'list')
    assert.equal(peer.state, 'connected')
  })

  it('a private channel is not on the other node, until somebody there is let in', async () => {
    const { node } = home
    await node.ask(z.looseObject({}), 'channel', 'create', 'oak', 'attic', '--private', '--topic', 'surprise')
    await alice.say(general, 'that was all')
    await bob.heard('that was all')
    assert.deepEqual(await bob.channels(server), ['general'])
    const tail = await away.node.cli('log', 'tail', '--lines', '200')
    assert.doesNotMatch(tail.stdout, /attic|surprise/)
  })

  it('a kick ends it and says so; an invite brings back what was', async () => {
    await bob.say(general, 'last words')
    await alice.heard('last words')
    await home.node.ask(z.looseObject({}), 'member', 'kick', 'oak', `bob@${away.nodeId}`, '--yes')
    assert.equal((await bob.inbox('server.ended'))['reason'], 'kick')
    await assert.rejects(bob.channels(server), { code: 'NOT_FOUND' })
    await alice.say(general, 'not for bob')
    assert.equal((await bob.client.publish(`c/${general}/say`, 'still here?')).code >= 0x80, true)

    await bob.join(await home.link())
    await bob.hear(general)
    await bob.say(general, 'back again')
    await alice.heard('back again')
    const texts = (await untilAlike([bob, alice], general, 'not for bob')).map(({ body }) => body)
    assert.equal(texts.includes('last words'), true)
    assert.equal(texts.includes('still here?'), false)
  })

  it('who leaves is told, and a ban keeps out', async () => {
    await callNode(bob.client, 'bob', serverLeave, { server })
    assert.equal((await bob.inbox('server.ended', ({ reason }) => reason === 'leave'))['server'], server)
    await home.node.ask(z.looseObject({}), 'member', 'ban', 'oak', `bob@${away.nodeId}`, '--yes')
    await assert.rejects(bob.join(await home.link()), { code: 'NOT_ALLOWED' })
  })

  it('NCALL-7: a link that is no good is refused by name', async () => {
    const link = await home.link()
    await assert.rejects(bob.join(link.replace(/hi_[a-z2-7]{26}/, `hi_${'a'.repeat(26)}`)), { code: 'INVITE_INVALID' })
  })
})
