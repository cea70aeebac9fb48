import assert from 'node:assert/strict'
import type { Outcome } from '../../../broker/index.ts'
import { granted, startBroker, TestLog } from './harness.ts'

/** Publishes that the test settles one by one. */
function slowPolicy() {
  const settle: ((outcome: Outcome<void>) => void)[] = []
  return { settle, publish: () => new Promise<Outcome<void>>((resolve) => settle.push(resolve)) }
}

const refused: Outcome<void> = { ok: false, code: 'NOT_ALLOWED', reason: 'this channel is not yours' }

describe('broker gate', () => {
  it('fault "acknowledged before stored": PUBACK waits for the policy', async () => {
    const policy = slowPolicy()
    await using test = await startBroker({ policy })
    const alice = await test.client()
    alice.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 1, messageId: 7, dup: false, retain: false })
    await alice.ping()
    assert.equal(alice.unread('puback').length, 0)
    policy.settle[0]!(granted)
    assert.equal((await alice.next('puback')).messageId, 7)
  })

  it('fault "reordered hooks": messages reach the policy, and are acknowledged, in the order of arrival', async () => {
    const policy = slowPolicy()
    await using test = await startBroker({ policy })
    const alice = await test.client()
    for (const [n, qos] of ([1, 2, 1, 1] as const).entries()) {
      alice.send({ cmd: 'publish', topic: 'a', payload: `${n}`, qos, messageId: n + 1, dup: false, retain: false })
    }
    await alice.ping()
    assert.deepEqual(
      test.published.map(({ message }) => message.payload.toString()),
      ['0', '1', '2', '3'],
    )
    for (const n of [3, 1, 2]) policy.settle[n]!(granted)
    await alice.ping()
    assert.equal(alice.unread('puback').length + alice.unread('pubrec').length, 0)
    policy.settle[0]!(granted)
    const acks = []
    for (let n = 0; n < 4; n++) acks.push(await alice.nextMatching((p) => p.cmd === 'puback' || p.cmd === 'pubrec'))
    assert.deepEqual(
      acks.map(({ messageId }) => messageId),
      [1, 2, 3, 4],
    )
  })

  it('a refusal is a reason code and a reason string on the PUBACK of MQTT 5', async () => {
    await using test = await startBroker({ policy: { publish: async () => refused } })
    const alice = await test.client({ version: 5 })
    const puback = await alice.publish('a', 'x')
    assert.ok(puback.cmd === 'puback')
    assert.deepEqual(
      [puback.reasonCode, puback.properties?.reasonString],
      [0x87, 'NOT_ALLOWED: this channel is not yours'],
    )
  })

  it('MQTT 5 §3.1.2.11.7: no reason string for a client that wants no problem information', async () => {
    await using test = await startBroker({ policy: { publish: async () => refused, subscribe: () => refused } })
    const alice = await test.client({ version: 5, properties: { requestProblemInformation: false } })
    const puback = await alice.publish('a', 'x')
    assert.ok(puback.cmd === 'puback')
    assert.deepEqual([puback.reasonCode, puback.properties?.reasonString], [0x87, undefined])
  })

  it('a refusal keeps the connection of MQTT 3.1.1, which has no negative PUBACK', async () => {
    await using test = await startBroker({ policy: { publish: async () => refused } })
    const alice = await test.client()
    await alice.publish('a', 'x')
    await alice.ping()
  })

  it('a policy that throws is INTERNAL, not a lost acknowledgement', async () => {
    await using test = await startBroker({ policy: { publish: async () => Promise.reject(new Error('bug')) } })
    const alice = await test.client({ version: 5 })
    const puback = await alice.publish('a', 'x')
    assert.ok(puback.cmd === 'puback')
    assert.equal(puback.reasonCode, 0x83)
  })

  it('MQTT 4.3.3: a QoS 2 message is taken once, however often it is sent', async () => {
    await using test = await startBroker()
    const alice = await test.client()
    const message = { cmd: 'publish', topic: 'a', payload: 'x', qos: 2, messageId: 5, retain: false } as const
    alice.send({ ...message, dup: false })
    await alice.next('pubrec')
    alice.send({ ...message, dup: true })
    await alice.next('pubrec')
    alice.send({ cmd: 'pubrel', messageId: 5 })
    assert.equal((await alice.next('pubcomp')).messageId, 5)
    assert.equal(test.published.length, 1)
    alice.send({ ...message, dup: false })
    await alice.next('pubrec')
    assert.equal(test.published.length, 2)
  })

  it('a QoS 2 message that was refused may be sent again under its id', async () => {
    await using test = await startBroker({ policy: { publish: async () => refused } })
    const alice = await test.client({ version: 5 })
    for (let n = 1; n <= 2; n++) {
      alice.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 2, messageId: 5, dup: false, retain: false })
      assert.equal((await alice.next('pubrec')).reasonCode, 0x87)
      assert.equal(test.published.length, n)
    }
  })

  it('threat 14: more than 100 QoS 2 messages without PUBREL end the connection', async () => {
    await using test = await startBroker()
    const alice = await test.client({ version: 5 })
    for (let messageId = 1; messageId <= 101; messageId++) {
      alice.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 2, messageId, dup: false, retain: false })
    }
    assert.equal((await alice.next('disconnect')).reasonCode, 0x93)
    await alice.closed
    assert.equal(test.published.length, 100)
  })

  it('MQTT 5 §3.3.2.3.4: a topic alias stands for its topic', async () => {
    await using test = await startBroker()
    const alice = await test.client({ version: 5 })
    const publish = (topic: string, topicAlias: number): void =>
      alice.send({ cmd: 'publish', topic, payload: 'x', qos: 0, dup: false, retain: false, properties: { topicAlias } })
    publish('a/b', 1)
    publish('', 1)
    await alice.ping()
    assert.deepEqual(
      test.published.map(({ message }) => message.topic),
      ['a/b', 'a/b'],
    )
    publish('', 2)
    assert.equal((await alice.next('disconnect')).reasonCode, 0x82)
    const bob = await test.client({ version: 5, username: 'bob' })
    bob.send({
      cmd: 'publish',
      topic: 'a',
      payload: '',
      qos: 0,
      dup: false,
      retain: false,
      properties: { topicAlias: 33 },
    })
    assert.equal((await bob.next('disconnect')).reasonCode, 0x94)
  })

  it('what comes with a call reaches the policy: response topic, correlation data, user properties', async () => {
    await using test = await startBroker()
    const alice = await test.client({ version: 5 })
    const correlationData = Buffer.from('42')
    const properties = {
      responseTopic: 'u/alice/reply',
      correlationData,
      userProperties: { __proto__: 'x', a: ['1', '2'] },
    }
    alice.send({
      cmd: 'publish',
      topic: 'a',
      payload: 'x',
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
      properties,
    })
    await alice.next('puback')
    const { message } = test.published[0]!
    assert.equal(message.responseTopic, 'u/alice/reply')
    assert.deepEqual(Buffer.from(message.correlationData!), correlationData)
    assert.deepEqual(message.userProperties?.['a'], ['1', '2'])
    assert.equal(Object.getPrototypeOf(message.userProperties), null)
  })

  it('packets that follow CONNECT at once wait for CONNACK', async () => {
    await using test = await startBroker()
    const client = await test.socket()
    const answer = client.connect({ username: 'alice' })
    client.send({ cmd: 'publish', topic: 'a', payload: 'early', qos: 1, messageId: 3, dup: false, retain: false })
    assert.equal((await answer).returnCode, 0)
    assert.equal((await client.next('puback')).messageId, 3)
    assert.equal(test.published[0]!.message.payload.toString(), 'early')
  })

  it('fault "dedupe()": under an asynchronous policy every acknowledged message arrives', async () => {
    const log = new TestLog()
    await using test = await startBroker({
      log,
      policy: {
        publish: async (_person, { topic, payload }) => {
          const kept = Buffer.from(payload)
          await new Promise((resolve) => setImmediate(resolve))
          test.broker.publish(log.append({ topic, payload: kept, qos: 1 }))
          return granted
        },
      },
    })
    const reader = await test.client({ username: 'reader', clean: false })
    await reader.subscribe('a/#')
    const writers = await Promise.all([0, 1, 2, 3, 4].map(async (n) => test.client({ username: `writer${n}` })))
    const expected = new Set<string>()
    for (let n = 0; n < 100; n++) {
      const publishing = writers.map(async (writer, w) => writer.publish(`a/${w}`, `${w}:${n}`))
      writers.forEach((_, w) => expected.add(`${w}:${n}`))
      await Promise.all(publishing)
    }
    assert.deepEqual(new Set(await reader.payloads(500)), expected)
  })

  it('a client that publishes faster than the policy works is not read from', async () => {
    const policy = slowPolicy()
    await using test = await startBroker({ policy })
    const alice = await test.client()
    const total = 2_000
    for (let n = 0; n < total; n++) {
      const messageId = n + 1
      alice.send({
        cmd: 'publish',
        topic: 'a',
        payload: Buffer.alloc(1_000),
        qos: 1,
        messageId,
        dup: false,
        retain: false,
      })
    }
    let acknowledged = 0
    while (acknowledged < total) {
      while (policy.settle.length === 0) await new Promise((resolve) => setImmediate(resolve))
      assert.ok(policy.settle.length <= 1_024, `${policy.settle.length} at a time`)
      for (const settle of policy.settle.splice(0)) {
        settle(granted)
        acknowledged++
      }
    }
    for (let n = 0; n < total; n++) await alice.next('puback')
  })
})
