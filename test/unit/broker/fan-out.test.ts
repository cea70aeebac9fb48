import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { InFlight, owes } from '../../../broker/in-flight.ts'
import { encodePublish, packetId, type Frame } from '../../../broker/mqtt/frames.ts'
import { Run } from '../../../broker/turn.ts'
import { startBroker, type RawClient } from './harness.ts'

function frame(serial: number): Frame {
  const payload = Buffer.from(`${serial}`)
  const rest = { retain: false, duplicate: false, properties: undefined, subscriptionIds: [], position: undefined }
  return encodePublish({ topic: 't', payload, qos: 1, serial, expiresAt: undefined, ...rest })
}

describe('broker fan-out', () => {
  it('clients that get the same frames in a turn share one buffer', () => {
    const [root, a, b] = [new Run(), frame(1), frame(2)]
    const first = root.append(a).append(b)
    const second = root.append(a).append(b)
    assert.equal(first.bytes(), second.bytes())
    assert.deepEqual(first.bytes(), Buffer.concat([a.bytes, b.bytes]))
    assert.equal(root.append(a).bytes(), a.bytes)
    assert.deepEqual(root.append(b).append(a).bytes(), Buffer.concat([b.bytes, a.bytes]))
  })

  it('everybody gets the messages of a topic in the order of publishing', async () => {
    const filters = fc.array(fc.constantFrom('a/#', 'a/+', 'a/0', 'a/1', '#'), { minLength: 1, maxLength: 4 })
    const bursts = fc.array(fc.array(fc.constantFrom('a/0', 'a/1', 'b'), { minLength: 1, maxLength: 10 }), {
      minLength: 1,
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(filters, bursts, async (filters, bursts) => {
        await using test = await startBroker()
        const clients: RawClient[] = []
        for (const [n, filter] of filters.entries()) {
          const client = await test.client({ username: `u${n}`, version: n % 2 ? 5 : 4 })
          await client.subscribe(filter, (n % 2) as 0 | 1)
          clients.push(client)
        }
        const last = await test.client({ username: 'last' })
        await last.subscribe('end')
        const sent: [string, number][] = []
        for (const burst of bursts) {
          for (const topic of burst) {
            sent.push([topic, sent.length])
            test.broker.publish({ topic, payload: Buffer.from(`${sent.length - 1}`), qos: 1 })
          }
          await new Promise((resolve) => setImmediate(resolve))
        }
        for (const [n, client] of clients.entries()) {
          const matched = sent.filter(([topic]) => {
            const filter = filters[n]!
            return filter === '#' || (filter === topic ? true : /[+#]/.test(filter) && topic.startsWith('a/'))
          })
          assert.deepEqual(
            (await client.payloads(matched.length)).map(Number),
            matched.map(([, at]) => at),
          )
          await client.ping()
          assert.equal(client.unread('publish').length, 0)
        }
      }),
      { numRuns: 15 },
    )
  })

  it('MQTT 5 §3.3.4: overlapping subscriptions bring one message with the highest QoS and all identifiers', async () => {
    await using test = await startBroker()
    const alice = await test.client({ version: 5 })
    const subscribe = async (topic: string, qos: 0 | 1, subscriptionIdentifier: number): Promise<void> => {
      alice.send({
        cmd: 'subscribe',
        messageId: alice.nextId(),
        subscriptions: [{ topic, qos }],
        properties: { subscriptionIdentifier },
      })
      await alice.next('suback')
    }
    await subscribe('a/#', 0, 1)
    await subscribe('a/+', 1, 200)
    test.broker.publish({ topic: 'a/b', payload: Buffer.from('x'), qos: 1, userProperties: [['author', 'bob']] })
    const message = await alice.next('publish')
    assert.equal(message.qos, 1)
    assert.deepEqual(new Set([message.properties?.subscriptionIdentifier].flat()), new Set([1, 200]))
    assert.deepEqual({ ...message.properties?.userProperties }, { author: 'bob' })
    await alice.ping()
    assert.equal(alice.unread('publish').length, 0)
  })

  it('MQTT 5 §3.1.2.11.4: a client gets no packet that is larger than it allows', async () => {
    await using test = await startBroker()
    const alice = await test.client({ version: 5, properties: { maximumPacketSize: 100 } })
    await alice.subscribe('a')
    test.broker.publish({ topic: 'a', payload: Buffer.alloc(200), qos: 1 })
    test.broker.publish({ topic: 'a', payload: Buffer.from('small'), qos: 1 })
    assert.deepEqual(await alice.payloads(1), ['small'])
  })

  it('MQTT 5 §3.8.3.1: no-local, retain-as-published and retain handling', async () => {
    await using test = await startBroker()
    const alice = await test.client({ version: 5 })
    const options = { topic: 'a', qos: 0, nl: true, rap: true, rh: 1 } as const
    test.broker.publish({ topic: 'a', payload: Buffer.from('kept'), qos: 0, retain: true })
    for (let n = 0; n < 2; n++) {
      alice.send({ cmd: 'subscribe', messageId: alice.nextId(), subscriptions: [options] })
      await alice.next('suback')
    }
    assert.deepEqual(await alice.payloads(1), ['kept'])
    test.broker.publish({ topic: 'a', payload: Buffer.from('own'), qos: 0, origin: 'alice:device' })
    test.broker.publish({ topic: 'a', payload: Buffer.from('other'), qos: 0, retain: true, origin: 'bob:device' })
    const message = await alice.next('publish')
    assert.deepEqual([message.payload.toString(), message.retain], ['other', true])
    await alice.ping()
    assert.equal(alice.unread('publish').length, 0)
  })

  it('the window of a client agrees with a model of it', () => {
    const step = fc.oneof(fc.constant('add' as const), fc.nat(40))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (steps, window) => {
        const inFlight = new InFlight(window)
        let model: number[] = []
        let serial = 0
        for (const next of steps) {
          if (next === 'add') {
            if (inFlight.isFull) continue
            assert.ok(inFlight.add(frame(++serial).mark, owes.puback))
            model.push(serial)
          } else {
            const chosen = model[next % Math.max(1, model.length)]
            const id = chosen === undefined ? 60_000 : packetId(chosen)
            assert.equal(inFlight.acknowledge(id, owes.puback), chosen !== undefined)
            model = model.filter((kept) => kept !== chosen)
          }
          assert.equal(inFlight.size, model.length)
          assert.deepEqual(
            inFlight.unacknowledged().map((entry) => entry.serial),
            model,
          )
        }
      }),
    )
  })

  it('a packet id that is still in use at a client is not used again', () => {
    const inFlight = new InFlight(10)
    assert.ok(inFlight.add(frame(5).mark, owes.puback))
    assert.ok(inFlight.add(frame(6).mark, owes.puback))
    assert.ok(!inFlight.add(frame(5 + 65_535).mark, owes.puback))
    assert.ok(inFlight.acknowledge(packetId(5), owes.puback))
    assert.ok(inFlight.add(frame(5 + 65_535).mark, owes.puback))
  })
})
