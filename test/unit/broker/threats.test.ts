import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import type { Policy } from '../../../broker/index.ts'
import { granted, MemoryStore, RawClient, startBroker, TestLog, type Person } from './harness.ts'

const refused = { ok: false, code: 'FILTER_REFUSED', reason: 'not your topic' } as const

/** Topics that start with `secret` are for bob. */
const secretive: Partial<Policy<Person>> = {
  subscribe: (person, filter) => (filter.startsWith('secret') && person.name !== 'bob' ? refused : granted),
  canReceive: (person, topic) => !topic.startsWith('secret') || person.name === 'bob',
}

describe('broker threats', () => {
  for (const version of [4, 5] as const) {
    it(`threat 1: nothing of a denied filter, also after a reconnect (MQTT ${version})`, async () => {
      await using test = await startBroker({ policy: secretive })
      const persistent = { version, clean: false, properties: { sessionExpiryInterval: 600 } }
      const alice = await test.client(persistent)
      const subscriptions = [
        { topic: 'open', qos: 1 },
        { topic: 'secret', qos: 1 },
      ] as const
      alice.send({ cmd: 'subscribe', messageId: 1, subscriptions: [...subscriptions] })
      const suback = await alice.next('suback')
      assert.deepEqual(suback.granted, [1, version === 5 ? 0x87 : 0x80])
      assert.deepEqual(
        test.store.sessions.get('alice:device')?.subscriptions.map(({ filter }) => filter),
        ['open'],
      )
      await test.drop(alice)
      const again = await test.socket()
      assert.equal((await again.connect(persistent)).sessionPresent, true)
      test.broker.publish(test.log.append({ topic: 'secret', payload: Buffer.from('s'), qos: 1 }))
      test.broker.publish(test.log.append({ topic: 'open', payload: Buffer.from('o'), qos: 1 }))
      assert.equal((await again.next('publish')).topic, 'open')
      assert.equal(again.unread('publish').length, 0)
    })
  }

  it('threat 2: what a wildcard matches is filtered topic by topic, and $ topics stay out', async () => {
    await using test = await startBroker({ policy: secretive })
    const alice = await test.client()
    for (const filter of ['#', '+/x', 'secret/#', '$share/g/#']) await alice.subscribe(filter)
    for (const topic of ['secret/x', '$SYS/x', 'open/x'])
      test.broker.publish({ topic, payload: Buffer.from('m'), qos: 1 })
    assert.equal((await alice.next('publish')).topic, 'open/x')
    assert.equal(alice.unread('publish').length, 0)
    assert.equal(test.broker.subscriberCount('secret/x'), 0)
  })

  it('threat 3: a retained message of a forbidden topic is not given out', async () => {
    await using test = await startBroker({ policy: { canReceive: secretive.canReceive! } })
    for (const topic of ['secret/x', 'open/x'])
      test.broker.publish({ topic, payload: Buffer.from('r'), qos: 0, retain: true })
    const alice = await test.client()
    for (const filter of ['#', '+/x', 'secret/x', 'secret/#']) await alice.subscribe(filter)
    await alice.ping()
    await alice.ping()
    assert.deepEqual(
      alice.unread('publish').map((p) => p.cmd === 'publish' && p.topic),
      ['open/x', 'open/x'],
    )
  })

  it('threat 4: a retained message is gone for whoever lost the right to it', async () => {
    const banned = new Set<string>()
    await using test = await startBroker({ policy: { canReceive: ({ name }) => !banned.has(name) } })
    test.broker.publish({ topic: 'a', payload: Buffer.from('r'), qos: 0, retain: true })
    const alice = await test.client()
    await alice.subscribe('a')
    assert.equal((await alice.next('publish')).retain, true)
    banned.add('alice')
    test.broker.permissionsChanged()
    await alice.subscribe('a')
    await alice.ping()
    await alice.ping()
    assert.equal(alice.unread('publish').length, 0)
  })

  it('threat 5: a will goes through the policy as its own client, and not after DISCONNECT', async () => {
    await using test = await startBroker()
    const will = { topic: 'presence', payload: Buffer.from('gone'), qos: 1, retain: true } as const
    const alice = await test.client({ will })
    assert.equal(test.requests[0]?.will?.topic, 'presence')
    await test.drop(alice)
    const bob = await test.client({ username: 'bob', will })
    assert.deepEqual(
      test.published.map(({ name, message }) => [name, message.topic, message.retain]),
      [['alice', 'presence', true]],
    )
    bob.send({ cmd: 'disconnect' })
    await bob.closed
    const carol = await test.client({ username: 'carol' })
    await carol.ping()
    assert.equal(test.published.length, 1)
  })

  it('threat 6: the same client id of another identity takes nothing over', async () => {
    await using test = await startBroker()
    const alice = await test.client({ clientId: 'phone', username: 'alice' })
    await test.client({ clientId: 'phone', username: 'mallory' })
    await alice.ping()
    const again = await test.client({ clientId: 'phone', username: 'alice', version: 5 })
    await alice.closed
    const third = await test.client({ clientId: 'phone', username: 'alice', version: 5 })
    assert.equal((await again.next('disconnect')).reasonCode, 0x8e)
    await third.ping()
    assert.deepEqual(
      test.broker
        .sessions()
        .map(({ sessionKey }) => sessionKey)
        .sort(),
      ['alice:phone', 'mallory:phone'],
    )
  })

  it('threat 7: a change of permissions, and a disconnect, act on the very next message', async () => {
    const kicked = new Set<string>()
    await using test = await startBroker({ policy: { canReceive: ({ name }) => !kicked.has(name) } })
    const alice = await test.client({ version: 5 })
    const bob = await test.client({ username: 'bob' })
    await alice.subscribe('a')
    await bob.subscribe('a')
    const publish = (payload: string): void =>
      test.broker.publish({ topic: 'a', payload: Buffer.from(payload), qos: 1 })
    publish('1')
    kicked.add('alice')
    test.broker.permissionsChanged()
    publish('2')
    assert.deepEqual(await bob.payloads(2), ['1', '2'])
    await alice.ping()
    assert.deepEqual(await alice.payloads(1), ['1'])
    assert.equal(alice.unread('publish').length, 0)
    assert.equal(
      test.broker.disconnect(({ name }) => name === 'alice', 'NOT_ALLOWED', 'you were kicked'),
      1,
    )
    const disconnect = await alice.next('disconnect')
    assert.deepEqual(
      [disconnect.reasonCode, disconnect.properties?.reasonString],
      [0x87, 'NOT_ALLOWED: you were kicked'],
    )
    await alice.closed
    assert.deepEqual(
      test.broker.sessions().map(({ principal }) => principal.name),
      ['bob'],
    )
  })

  for (const version of [3, 4, 5] as const) {
    it(`client ids like constructor and __proto__ are harmless (MQTT ${version})`, async () => {
      await using test = await startBroker()
      for (const clientId of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
        for (let n = 0; n < 2; n++) {
          const client = await test.client({
            version,
            clientId,
            clean: false,
            properties: { sessionExpiryInterval: 60 },
          })
          await client.subscribe(clientId)
          await client.publish(clientId, 'x')
          assert.equal((await client.next('publish')).topic, clientId)
        }
      }
    })
  }

  it('an empty client id: assigned by MQTT 5, allowed for a clean session of 3.1.1, else refused', async () => {
    await using test = await startBroker({ newClientId: () => 'made-up' })
    const five = await test.socket()
    assert.equal(
      (await five.connect({ clientId: '', version: 5, username: 'a' })).properties?.assignedClientIdentifier,
      'made-up',
    )
    const four = await test.socket()
    assert.equal((await four.connect({ clientId: '', username: 'b' })).returnCode, 0)
    const refusedOne = await test.socket()
    refusedOne.listen(4)
    refusedOne.socket.write(Buffer.from('100c00044d5154540400003c0000', 'hex'))
    assert.equal((await refusedOne.next('connack')).returnCode, 2)
    await refusedOne.closed
    assert.deepEqual(
      test.requests.map(({ clientId }) => clientId),
      ['made-up', 'made-up'],
    )
  })

  it('threat 9: invalid UTF-8 and NUL in topics end the connection', async () => {
    await using test = await startBroker()
    const cases = [
      [0x30, 4, 0, 2, 0xc3, 0x28],
      [0x30, 3, 0, 1, 0],
      [0x82, 6, 0, 1, 0, 1, 0xff, 0],
      [0x30, 3, 0, 1, 0x23],
    ]
    for (const bytes of cases) {
      const alice = await test.client()
      alice.socket.write(Buffer.from(bytes))
      await alice.closed
    }
    assert.equal(test.broker.metrics().cutOffs.PROTOCOL_ERROR, cases.length)
  })

  it('threat 10: before CONNECT nothing is kept of what is no small CONNECT', async () => {
    await using test = await startBroker()
    const before = process.memoryUsage().rss
    await Promise.all(
      [0x10, 0x30, 0x10, 0x82].map(async (head) => {
        const socket = connectTcp({ port: test.port, host: '127.0.0.1' })
        socket.on('error', () => {})
        const closed = once(socket, 'close')
        socket.write(Buffer.from([head, 0x80, 0x84, 0xaf, 0x5f]))
        const megabyte = Buffer.alloc(1 << 20)
        for (let n = 0; n < 200 && !socket.destroyed; n++) {
          if (!socket.write(megabyte)) await Promise.race([once(socket, 'drain'), closed])
        }
        await closed
      }),
    )
    assert.ok(process.memoryUsage().rss - before < 20 * 1024 * 1024)
  })

  it('threat 10: after CONNECT a packet past 64 KiB ends the connection, with 0x95 for MQTT 5', async () => {
    await using test = await startBroker()
    const alice = await test.client({ version: 5 })
    alice.socket.write(Buffer.from([0x30, 0x80, 0x84, 0xaf, 0x5f]))
    assert.equal((await alice.next('disconnect')).reasonCode, 0x95)
    await alice.closed
  })

  it('threat 11: the oldest silent connections of an address go, and an honest one logs in', async () => {
    await using test = await startBroker({ preAuthPerAddressMax: 4 })
    const silent = await Promise.all(Array.from({ length: 20 }, async () => RawClient.open(test.port)))
    const honest = await test.client()
    await Promise.all(silent.slice(0, 16).map(({ closed }) => closed))
    await honest.ping()
    assert.equal(test.broker.metrics().cutOffs.PRE_AUTH_LIMIT, 16)
    for (const client of silent) client.destroy()
  })

  it('threat 12: a subscriber that stops reading is cut off, and the others get everything', async () => {
    await using test = await startBroker()
    const frozen = await test.client({ username: 'frozen', version: 5 })
    const reader = await test.client({ username: 'reader' })
    await frozen.subscribe('a')
    await reader.subscribe('a')
    frozen.socket.pause()
    const payload = Buffer.alloc(32 * 1024, 'x')
    let received = 0
    while (test.broker.metrics().cutOffs.SLOW_CONSUMER === undefined) {
      test.broker.publish({ topic: 'a', payload, qos: 1 })
      await reader.next('publish')
      received++
      assert.ok(received < 2_000, 'never cut off')
    }
    assert.equal(test.broker.subscriberCount('a'), 1)
    test.broker.publish({ topic: 'a', payload: Buffer.from('last'), qos: 1 })
    assert.deepEqual(await reader.payloads(1), ['last'])
    frozen.socket.resume()
    await frozen.closed
  })

  it('a slow MQTT 5 client is told SLOW_CONSUMER where it can still be told', async () => {
    await using test = await startBroker()
    const slow = await test.client({ version: 5, properties: { receiveMaximum: 1 } })
    slow.acknowledges = false
    await slow.subscribe('a')
    for (let n = 0; n < 200; n++) test.broker.publish({ topic: 'a', payload: Buffer.alloc(32 * 1024), qos: 1 })
    const disconnect = await slow.next('disconnect')
    assert.equal(disconnect.reasonCode, 0x97)
    assert.match(disconnect.properties?.reasonString ?? '', /reads too slowly/)
  })

  it('threat 13: at most 20 filters in a SUBSCRIBE and 500 on a connection', async () => {
    await using test = await startBroker()
    const alice = await test.client({ version: 5 })
    const subscribe = async (from: number, count: number): Promise<number[]> => {
      const subscriptions = Array.from({ length: count }, (_, n) => ({ topic: `t/${from + n}`, qos: 0 as const }))
      alice.send({ cmd: 'subscribe', messageId: alice.nextId(), subscriptions })
      return (await alice.next('suback')).granted as number[]
    }
    const codes = await subscribe(0, 21)
    assert.deepEqual([codes.slice(0, 20).every((code) => code === 0), codes[20]], [true, 0x97])
    for (let from = 20; from < 500; from += 20) await subscribe(from, 20)
    assert.deepEqual(await subscribe(500, 1), [0x97])
    assert.deepEqual(await subscribe(0, 1), [0])
    assert.equal(test.broker.sessions()[0]?.filters.length, 500)
  })

  it('threat 15: absent sessions cost nothing per message', async () => {
    const store = new MemoryStore()
    await using test = await startBroker({ store })
    for (let n = 0; n < 20; n++) {
      const client = await test.client({ clientId: `d${n}`, clean: false })
      await client.subscribe('a')
      await test.drop(client)
    }
    const sizes = JSON.stringify([...store.sessions.values()]).length
    for (let n = 0; n < 1_000; n++) {
      test.broker.publish(test.log.append({ topic: 'a', payload: Buffer.alloc(100), qos: 1 }))
    }
    assert.equal(JSON.stringify([...store.sessions.values()]).length, sizes)
    assert.equal(test.broker.metrics().messagesOut, 0)
  })

  it('threat 16: retained messages come at a bounded rate, and never as a backlog', async () => {
    await using test = await startBroker({ retainedTopicsMax: 3_000 })
    for (let n = 0; n < 4_000; n++)
      test.broker.publish({ topic: `p/${n}`, payload: Buffer.alloc(100), qos: 0, retain: true })
    assert.equal(test.broker.metrics().retained, 3_000)
    const alice = await test.client()
    const startedAt = Date.now()
    await alice.subscribe('#')
    await alice.messages(3_000)
    assert.ok(Date.now() - startedAt >= 500, 'faster than the rate')
    assert.equal(test.broker.metrics().cutOffs.SLOW_CONSUMER, undefined)
  })

  it('what the log holds for a session is filtered by the right to read it', async () => {
    const log = new TestLog()
    log.mayRead = (person, topic) => secretive.canReceive!(person, topic)
    await using test = await startBroker({ log, policy: { canReceive: secretive.canReceive! } })
    const persistent = { clean: false }
    const alice = await test.client(persistent)
    await alice.subscribe('#')
    await test.drop(alice)
    for (const topic of ['secret/a', 'open/a']) log.append({ topic, payload: Buffer.from(topic), qos: 1 })
    const again = await test.client(persistent)
    assert.deepEqual(await again.payloads(1), ['open/a'])
  })
})
