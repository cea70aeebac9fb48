import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { z } from 'zod'
import { channelCreate } from '../../../spec/calls/channel.create.ts'
import { history } from '../../../spec/calls/history.ts'
import { memberTimeout } from '../../../spec/calls/member.timeout.ts'
import { serverShow } from '../../../spec/calls/server.show.ts'
import { deviceRevoke } from '../../../spec/calls/device.revoke.ts'
import type { ChannelId, DeviceId } from '../../../spec/ids.ts'
import { callNode } from '../../support/calls.ts'
import { ConnectRefusedError, connectClient, type TestClient } from '../../support/mqtt-client.ts'
import { channelId, openCommunity, password, type Community } from './community.ts'

describe('who may do what, over plain MQTT', () => {
  let community: Community
  let admin: TestClient
  let alice: TestClient
  let bob: TestClient
  let general: ChannelId
  let secret: ChannelId
  const server = (): string => community.server

  before(async () => {
    community = await openCommunity()
    const { node } = community
    admin = await connectClient({
      url: node.ready.addresses.mqtt,
      user: 'owner',
      password: `${node.firstRun.adminInvite}:${password}`,
      clientId: 'desk',
    })
    await admin.subscribe('u/owner/reply')
    alice = await community.join('alice')
    bob = await community.join('bob')
    general = (await channelId(alice, 'alice', 'general', server())) as ChannelId
    await bob.subscribe('u/bob/reply')
    const { channel } = await callNode(admin, 'owner', channelCreate, {
      server: server(),
      handle: 'council',
      private: true,
    })
    secret = channel.id
  })
  after(() => community[Symbol.asyncDispose]())

  /** Everything sent before this has been delivered or never will be. */
  const settle = async (client: TestClient, user: string): Promise<void> => {
    await callNode(client, user, serverShow, { server: server() })
  }

  it('TOPIC-11: a private channel is not there for others: not listed, not read, not written, not subscribed', async () => {
    const shown = await callNode(bob, 'bob', serverShow, { server: server() })
    assert.ok(!JSON.stringify(shown).includes('council'))
    const [code = 0] = await bob.subscribe(`c/${secret}/events`)
    assert.ok(code >= 0x80)
    assert.match((await bob.publish(`c/${secret}/say`, 'hello?')).reason ?? '', /^NOT_FOUND/)
    await assert.rejects(callNode(bob, 'bob', history, { channel: secret }), { code: 'NOT_FOUND' })
  })

  it('threats 1 and 2: nothing of a channel that may not be read, whatever the filter, in one packet, after a reconnect', async () => {
    const wide = [
      '#',
      '+/x',
      '$SYS/#',
      '$share/g/#',
      'a/+/#',
      'c/#',
      `c/+/events`,
      'u/#',
      's/#',
      's/+/+/events',
      'u/alice/#',
    ]
    const persistent = { clientId: 'bob-phone', options: { clean: false, properties: { sessionExpiryInterval: 600 } } }
    let eve = await community.enter('bob', persistent)
    const allowed = [`s/${server()}/#`, `s/${server()}/+/events`, `s/${server()}/+/lines`]
    const granted = await eve.subscribe([...wide, ...allowed, `c/${secret}/lines`].slice(0, 20))
    assert.deepEqual(
      granted.map((code) => code < 0x80),
      [...wide.map(() => false), ...allowed.map(() => true), false],
    )
    await admin.publish(`c/${secret}/say`, 'live secret')
    await eve.drop()
    await admin.publish(`c/${secret}/say`, 'missed secret')
    await admin.publish(`c/${general}/say`, 'for all')
    eve = await community.enter('bob', persistent)
    await eve.waitFor(({ text }) => text.includes('for all'))
    await eve.subscribe('u/bob/reply')
    await settle(eve, 'bob')
    assert.ok(eve.received.every(({ text }) => !text.includes('secret')))
    await eve[Symbol.asyncDispose]()
  })

  it('wildcards inside a server follow the permissions: a new private channel stays out, a new public one comes in', async () => {
    await using watching = await community.enter('alice', { clientId: 'alice-watch' })
    await watching.subscribe(`s/${server()}/+/lines`)
    const { channel } = await callNode(admin, 'owner', channelCreate, { server: server(), handle: 'news' })
    await admin.publish(`c/${secret}/say`, 'behind doors')
    await admin.publish(`c/${channel.id}/say`, 'fresh')
    await watching.waitFor(({ topic, text }) => topic === `s/${server()}/news/lines` && text.endsWith(': fresh'))
    assert.ok(watching.received.every(({ text }) => !text.includes('behind doors')))
  })

  it('threat 7: a kick ends what a live socket receives at once, a new invite lets in again', async () => {
    let carol = await community.join('carol')
    await carol.subscribe([`c/${general}/events`, `s/${server()}/#`, 'u/carol/reply'])
    await admin.publish(`c/${general}/say`, 'before the kick')
    await carol.waitFor(({ text }) => text.includes('before the kick'))
    await community.node.ask(z.unknown(), 'member', 'kick', server(), 'carol', '--yes')
    for (let i = 0; i < 50; i++) await admin.publish(`c/${general}/say`, `after the kick ${i}`)
    await assert.rejects(callNode(carol, 'carol', serverShow, { server: server() }), { code: 'NOT_FOUND' })
    assert.ok(carol.received.every(({ text }) => !text.includes('after the kick')))
    assert.match((await carol.publish(`c/${general}/say`, 'let me in')).reason ?? '', /^NOT_FOUND/)
    await carol[Symbol.asyncDispose]()
    carol = await community.enter('carol')
    await carol.subscribe('u/carol/reply')
    const { serverJoin } = await import('../../../spec/calls/server.join.ts')
    await callNode(carol, 'carol', serverJoin, { invite: await community.invite() })
    assert.equal((await carol.publish(`c/${general}/say`, 'back')).code, 0)
    await carol[Symbol.asyncDispose]()
  })

  it('a ban holds against a new invite; a time-out silences and lets read', async () => {
    await using dave = await community.join('dave')
    await dave.subscribe([`c/${general}/lines`, 'u/dave/reply'])
    await callNode(admin, 'owner', memberTimeout, { server: server(), member: 'dave', forSeconds: 60 })
    assert.match((await dave.publish(`c/${general}/say`, 'mm')).reason ?? '', /^TIMED_OUT_MEMBER/)
    await admin.publish(`c/${general}/say`, 'read this')
    await dave.waitFor(({ text }) => text.endsWith(': read this'))
    await community.node.ask(z.unknown(), 'member', 'ban', server(), 'dave', '--yes')
    const { serverJoin } = await import('../../../spec/calls/server.join.ts')
    await assert.rejects(callNode(dave, 'dave', serverJoin, { invite: await community.invite() }), {
      code: 'NOT_ALLOWED',
    })
  })

  it('a member without the permission is told which one', async () => {
    await assert.rejects(callNode(bob, 'bob', channelCreate, { server: server(), handle: 'mine' }), (error: Error) => {
      assert.equal(Reflect.get(error, 'code'), 'NOT_ALLOWED')
      assert.match(error.message, /manageChannel/)
      return true
    })
  })

  it('an app token reaches no further than its channels and its verbs', async () => {
    const { tokenCreate } = await import('../../../spec/calls/token.create.ts')
    const made = await callNode(alice, 'alice', tokenCreate, {
      name: 'sensor',
      channels: [general],
      send: true,
      read: false,
    })
    await using sensor = await community.enter('alice', { password: made.secret, clientId: 'sensor' })
    assert.equal((await sensor.publish(`s/${server()}/general/say`, '21 °C')).code, 0)
    const [code = 0] = await sensor.subscribe(`c/${general}/lines`)
    assert.ok(code >= 0x80)
    assert.match((await sensor.publish(`s/${server()}/news/say`, 'x')).reason ?? '', /^NOT_ALLOWED/)
    await sensor.subscribe('u/alice/reply')
    await assert.rejects(callNode(sensor, 'alice', serverShow, { server: server() }), { code: 'NOT_ALLOWED' })
  })

  it('a revoked device and a disabled account are disconnected at once and stay out', async () => {
    const phone = await community.enter('alice', { clientId: 'alice-phone' })
    await callNode(alice, 'alice', deviceRevoke, { device: 'alice-phone' as DeviceId })
    await phone.closed
    await assert.rejects(community.enter('alice', { clientId: 'alice-phone' }), ConnectRefusedError)
    const erin = await community.join('erin')
    await community.node.ask(z.unknown(), 'user', 'disable', 'erin', '--yes')
    await erin.closed
    await assert.rejects(community.enter('erin'), ConnectRefusedError)
  })

  it('threat 6: nobody takes over somebody else’s session by client id', async () => {
    const victim = await community.enter('alice', { clientId: 'shared-id' })
    await using attacker = await community.enter('bob', { clientId: 'shared-id' })
    await assert.rejects(
      connectClient({
        url: community.node.ready.addresses.mqtt,
        user: 'alice',
        password: 'wrong password',
        clientId: 'shared-id',
      }),
      ConnectRefusedError,
    )
    await victim.subscribe('u/alice/reply')
    await settle(victim, 'alice')
    assert.equal((await attacker.publish(`c/${general}/say`, 'me')).code, 0)
    await victim[Symbol.asyncDispose]()
  })

  it('threat 5: a will may only go to one’s own presence', async () => {
    const will = { topic: `c/${general}/say`, payload: Buffer.from('from the grave'), qos: 1 as const, retain: false }
    await assert.rejects(community.enter('bob', { clientId: 'w', options: { will } }), ConnectRefusedError)
  })

  it('threat 8: user names and client ids with /, +, # or of objects are refused', async () => {
    for (const user of ['a/b', '+', '#', '__proto__', 'constructor', 'a\u0000b']) {
      await assert.rejects(
        connectClient({ url: community.node.ready.addresses.mqtt, user, password, clientId: 'x' }),
        ConnectRefusedError,
      )
    }
    for (const clientId of ['__proto__', 'constructor', 'a/b', '#', 'x'.repeat(65)]) {
      await assert.rejects(community.enter('bob', { clientId }), ConnectRefusedError)
    }
    assert.equal((await bob.publish(`c/${general}/say`, 'the node lives')).code, 0)
  })

  it('threat 10: four unfinished packets of 200 MB are cut off, and cost no memory', async () => {
    const { hostname, port } = new URL(community.node.ready.addresses.mqtt)
    const memory = async () =>
      (await community.node.ask(z.looseObject({ memoryBytes: z.number() }), 'status')).memoryBytes
    const before = await memory()
    const sockets = Array.from({ length: 4 }, () => connect(Number(port), hostname))
    for (const socket of sockets) {
      socket.on('error', () => {})
      socket.write(Buffer.from([0x10, 0x80, 0x80, 0x80, 0x5f]))
      socket.write(Buffer.alloc(200_000))
    }
    await Promise.all(sockets.map((socket) => once(socket, 'close')))
    assert.ok((await memory()) - before < 20e6)
  })
})
