import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { limits } from '../../../spec/limits.ts'
import { MemoryStore, startBroker, TestLog, type ClientOptions, type RawClient, type TestBroker } from './harness.ts'

const persistent: ClientOptions = { clean: false }

/** Announces a message as the node does: the log first, then the fan-out. */
function announce(test: TestBroker, topic: string, payload: string): void {
  test.broker.publish(test.log.append({ topic, payload: Buffer.from(payload), qos: 1 }))
}

async function resume(test: TestBroker, options: ClientOptions = persistent): Promise<RawClient> {
  const client = await test.socket()
  const connack = await client.connect(options)
  assert.equal(connack.sessionPresent, true)
  return client
}

describe('broker sessions', () => {
  it('a persistent session gets what it missed, in order, then live', async () => {
    await using test = await startBroker()
    const alice = await test.client(persistent)
    await alice.subscribe('a/#')
    await test.drop(alice)
    for (let n = 0; n < 250; n++) announce(test, n % 2 ? 'a/x' : 'b/x', `${n}`)
    const again = await resume(test)
    announce(test, 'a/y', 'live')
    const expected = Array.from({ length: 125 }, (_, n) => `${n * 2 + 1}`)
    assert.deepEqual(await again.payloads(126), [...expected, 'live'])
    await again.ping()
    assert.equal(again.unread('publish').length, 0)
  })

  it('nothing is kept for a clean session', async () => {
    await using test = await startBroker()
    const alice = await test.client()
    await alice.subscribe('a')
    await test.drop(alice)
    announce(test, 'a', 'missed')
    const again = await test.socket()
    assert.equal((await again.connect(persistent)).sessionPresent, false)
    await again.ping()
    assert.equal(again.unread('publish').length, 0)
  })

  it('MQTT 4.4: what was not acknowledged comes again with DUP and its packet id', async () => {
    await using test = await startBroker()
    const alice = await test.client(persistent)
    alice.acknowledges = false
    await alice.subscribe('a')
    for (const payload of ['1', '2', '3']) announce(test, 'a', payload)
    const first = await alice.messages(3)
    alice.send({ cmd: 'puback', messageId: first[1]!.messageId! })
    await alice.ping()
    await test.drop(alice)
    announce(test, 'a', '4')
    const again = await resume(test)
    const second = await again.messages(3)
    assert.deepEqual(
      second.map(({ payload, dup }) => [payload.toString(), dup]),
      [
        ['1', true],
        ['3', true],
        ['4', false],
      ],
    )
    assert.deepEqual([second[0]!.messageId, second[1]!.messageId], [first[0]!.messageId, first[2]!.messageId])
  })

  it('a message of the log on two topics at one position reaches a session twice, never once or thrice', async () => {
    await using test = await startBroker()
    const alice = await test.client({
      ...persistent,
      version: 5,
      properties: { sessionExpiryInterval: 60, receiveMaximum: 1 },
    })
    alice.acknowledges = false
    await alice.subscribe('events')
    await alice.subscribe('lines')
    const kept = test.log.append({ topic: 'events', payload: Buffer.from('e'), qos: 1 })
    test.broker.publish(kept)
    const line = { ...kept, topic: 'lines', payload: Buffer.from('l') }
    test.broker.publish(line)
    const { messageId } = await alice.next('publish')
    alice.acknowledges = false
    await test.drop(alice)
    test.log.read = async (_person, _filters, from) => ({ messages: from < 1 ? [kept, line] : [], to: 1 })
    const again = await resume(test, { ...persistent, version: 5, properties: { sessionExpiryInterval: 60 } })
    const [event, second] = await again.messages(2)
    assert.deepEqual([event!.topic, event!.dup, event!.messageId], ['events', true, messageId])
    assert.deepEqual([second!.topic, second!.dup], ['lines', false])
  })

  it('a session survives a restart of the broker by its cursor', async () => {
    const [store, log] = [new MemoryStore(), new TestLog()]
    {
      await using test = await startBroker({ store, log })
      const alice = await test.client(persistent)
      await alice.subscribe('a')
      announce(test, 'a', '1')
      await alice.payloads(1)
      await alice.ping()
    }
    assert.equal(store.sessions.get('alice:device')?.cursor, 1)
    log.append({ topic: 'a', payload: Buffer.from('2'), qos: 1 })
    await using test = await startBroker({ store, log })
    const again = await resume(test)
    assert.deepEqual(await again.payloads(1), ['2'])
  })

  it('a subscription brings nothing from before it was made', async () => {
    await using test = await startBroker()
    const alice = await test.client(persistent)
    alice.acknowledges = false
    await alice.subscribe('a')
    announce(test, 'a', '1')
    announce(test, 'b', 'too early')
    await alice.subscribe('b')
    announce(test, 'b', '2')
    await alice.messages(2)
    await test.drop(alice)
    const again = await resume(test)
    assert.deepEqual(await again.payloads(2), ['1', '2'])
  })

  it('a filter that comes during the backfill misses nothing', async () => {
    await using test = await startBroker()
    const alice = await test.client(persistent)
    await alice.subscribe('a')
    await test.drop(alice)
    for (let n = 0; n < 300; n++) announce(test, 'a', `a${n}`)
    const again = await resume(test)
    const suback = again.subscribe('b')
    await suback
    for (let n = 0; n < 50; n++) announce(test, 'b', `b${n}`)
    const payloads = await again.payloads(350)
    assert.deepEqual(
      payloads.filter((p) => p.startsWith('b')),
      Array.from({ length: 50 }, (_, n) => `b${n}`),
    )
  })

  it('live QoS 0 frames of the log do not pass a backfill', async () => {
    await using test = await startBroker()
    const alice = await test.client(persistent)
    await alice.subscribe('a', 1)
    await alice.subscribe('quiet', 0)
    await test.drop(alice)
    for (let n = 0; n < 150; n++) announce(test, 'a', `${n}`)
    const again = await resume(test)
    announce(test, 'quiet', 'live')
    const payloads = await again.payloads(151)
    assert.equal(payloads[150], 'live')
  })

  it('MQTT 5 §3.3.4: Receive Maximum is honoured, live and in a backfill', async () => {
    await using test = await startBroker()
    const options = { ...persistent, version: 5, properties: { receiveMaximum: 3, sessionExpiryInterval: 60 } } as const
    const alice = await test.client(options)
    alice.acknowledges = false
    await alice.subscribe('a')
    for (let n = 0; n < 10; n++) announce(test, 'a', `${n}`)
    await alice.ping()
    await alice.ping()
    assert.equal(alice.unread('publish').length, 3)
    await test.drop(alice)
    const again = await test.socket()
    again.acknowledges = false
    await again.connect(options)
    const seen = await again.messages(3)
    await again.ping()
    assert.equal(again.unread('publish').length, 0)
    again.acknowledges = true
    for (const { messageId } of seen) again.send({ cmd: 'puback', messageId: messageId! })
    const rest = await again.payloads(7)
    assert.deepEqual(
      [...seen.map(({ payload }) => payload.toString()), ...rest],
      Array.from({ length: 10 }, (_, n) => `${n}`),
    )
  })

  it('MQTT 5 §3.1.2.11.2: session expiry is bounded, and DISCONNECT may change it', async () => {
    await using test = await startBroker()
    const alice = await test.socket()
    const connack = await alice.connect({ version: 5, clean: true, properties: { sessionExpiryInterval: 0xffffffff } })
    assert.equal(connack.properties?.sessionExpiryInterval, limits.sessionExpirySeconds)
    await alice.subscribe('a')
    assert.equal(test.store.sessions.size, 1)
    alice.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 0 } })
    await alice.closed
    const again = await test.socket()
    assert.equal((await again.connect({ version: 5, clean: false })).sessionPresent, false)
    assert.equal(test.store.sessions.size, 0)
  })

  it('a clean start leaves nothing of the earlier session', async () => {
    await using test = await startBroker()
    const alice = await test.client(persistent)
    await alice.subscribe('a')
    await test.drop(alice)
    announce(test, 'a', 'missed')
    await test.drop(await test.client({ clean: true }))
    const again = await test.socket()
    assert.equal((await again.connect(persistent)).sessionPresent, false)
    announce(test, 'a', 'not subscribed')
    await again.ping()
    assert.equal(again.unread('publish').length, 0)
  })

  it('a forgotten session ends at once and is not there again', async () => {
    await using test = await startBroker()
    const alice = await test.client({ ...persistent, version: 5, properties: { sessionExpiryInterval: 60 } })
    await alice.subscribe('a')
    test.broker.forget('alice:device', 'DEVICE_REVOKED')
    const disconnect = await alice.next('disconnect')
    assert.match(disconnect.properties?.reasonString ?? '', /DEVICE_REVOKED/)
    assert.equal(test.store.sessions.size, 0)
  })

  it('QoS 1 arrives exactly once (but for DUP) and in order, through any breaks', async function () {
    this.timeout(60_000)
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('publish' as const), count: fc.integer({ min: 1, max: 30 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const), count: fc.constant(0) }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 40 }) }),
      },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 8 }), async (steps, window) => {
        await using test = await startBroker()
        const options = {
          ...persistent,
          version: 5,
          properties: { receiveMaximum: window, sessionExpiryInterval: 60 },
        } as const
        let alice = await test.client(options)
        alice.acknowledges = false
        await alice.subscribe('a/+')
        const fresh: number[] = []
        let sent = 0
        const read = async (client: RawClient): Promise<void> => {
          const message = await client.next('publish')
          const n = Number(message.payload.toString())
          if (!fresh.includes(n)) fresh.push(n)
          else assert.ok(message.dup, `${n} came twice without DUP`)
          client.send({ cmd: 'puback', messageId: message.messageId! })
        }
        for (const { kind, count } of steps) {
          if (kind === 'publish') for (let n = 0; n < count; n++) announce(test, `a/${sent % 3}`, `${sent++}`)
          else if (kind === 'read') for (let n = 0; n < count && fresh.length < sent; n++) await read(alice)
          else {
            await test.drop(alice)
            alice = await test.socket()
            alice.acknowledges = false
            await alice.connect(options)
          }
        }
        while (fresh.length < sent) await read(alice)
        assert.deepEqual(
          fresh,
          Array.from({ length: sent }, (_, n) => n),
        )
      }),
      { numRuns: 60 },
    )
  })
})
