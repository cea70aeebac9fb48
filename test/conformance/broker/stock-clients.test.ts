import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import {
  connect as connectSoon,
  connectAsync,
  type IClientOptions,
  type IConnackPacket,
  type IPublishPacket,
  type MqttClient,
} from 'mqtt'
import { limits } from '../../../spec/limits.ts'
import { hasStockClients, openDoors, publishStock, subscribeStock, type Doors } from './doors.ts'

const versions = ['mqttv31', 'mqttv311', 'mqttv5'] as const

describe('broker with stock clients', () => {
  let doors: Doors
  before(async () => (doors = await openDoors()))
  after(async () => doors[Symbol.asyncDispose]())

  const door = (transport: 'tcp' | 'tls'): string[] =>
    transport === 'tcp'
      ? ['-h', '127.0.0.1', '-p', `${doors.tcp}`]
      : ['-h', 'localhost', '-p', `${doors.tls}`, '--cafile', doors.certificate]

  const connect = async (options: IClientOptions, url = `mqtt://127.0.0.1:${doors.tcp}`): Promise<MqttClient> =>
    connectAsync(url, { reconnectPeriod: 0, protocolVersion: 5, ...options })

  describe('mosquitto_pub and mosquitto_sub', () => {
    before(async function () {
      if (!(await hasStockClients())) this.skip()
    })

    for (const transport of ['tcp', 'tls'] as const) {
      for (const version of versions) {
        it(`${transport}, ${version}, every QoS`, async () => {
          const topic = `stock/${transport}/${version}`
          const to = [...door(transport), '-V', version]
          const subscriber = await subscribeStock([...to, '-q', '2', '-t', `${topic}/+`, '-C', '3', '-F', '%t %q %p'])
          for (const qos of [0, 1, 2])
            await publishStock([...to, '-q', `${qos}`, '-t', `${topic}/${qos}`, '-m', `hello ${qos}`])
          const expected = [0, 1, 2].map((qos) => `${topic}/${qos} ${qos} hello ${qos}`)
          assert.deepEqual(await subscriber.lines, expected)
        })
      }
    }

    it('retained message, and its removal', async () => {
      const to = door('tcp')
      await publishStock([...to, '-t', 'kept/a', '-m', 'still here', '-r'])
      const first = await subscribeStock([...to, '-t', 'kept/#', '-C', '1', '-F', '%r %p'])
      assert.deepEqual(await first.lines, ['1 still here'])
      await publishStock([...to, '-t', 'kept/a', '-n', '-r'])
      await publishStock([...to, '-t', 'kept/b', '-m', 'another', '-r'])
      const second = await subscribeStock([...to, '-t', 'kept/#', '-C', '1', '-F', '%t'])
      assert.deepEqual(await second.lines, ['kept/b'])
    })

    it('-c: messages of QoS 1 and 2 wait for a persistent session', async () => {
      const to = door('tcp')
      const session = [...to, '-i', 'absent', '-c', '-q', '2', '-t', 'wait/#']
      await (
        await subscribeStock([...session, '-E'])
      ).lines
      for (const qos of [1, 2]) await publishStock([...to, '-q', `${qos}`, '-t', 'wait/a', '-m', `${qos}`])
      const back = await subscribeStock([...session, '-C', '2', '-F', '%q %p'])
      assert.deepEqual(await back.lines, ['1 1', '2 2'])
    })

    it('will of a client that goes without DISCONNECT', async () => {
      const to = door('tcp')
      const watcher = await subscribeStock([...to, '-t', 'wills', '-C', '1', '-q', '1'])
      const dying = await connect({ will: { topic: 'wills', payload: Buffer.from('gone'), qos: 1, retain: false } })
      dying.stream.destroy()
      assert.deepEqual(await watcher.lines, ['gone'])
      await dying.endAsync(true)
    })
  })

  for (const protocolVersion of [4, 5] as const) {
    for (const transport of ['tcp', 'tls', 'ws'] as const) {
      it(`the mqtt package: ${transport}, version ${protocolVersion}, a large message and many small ones`, async () => {
        const urls = {
          tcp: `mqtt://127.0.0.1:${doors.tcp}`,
          tls: `mqtts://localhost:${doors.tls}`,
          ws: `ws://127.0.0.1:${doors.ws}`,
        }
        const ca = await readFile(doors.certificate)
        const client = await connect({ protocolVersion, ca }, urls[transport])
        const topic = `package/${transport}/${protocolVersion}`
        await client.subscribeAsync(topic, { qos: 1 })
        const payloads = ['x'.repeat(60_000), ...Array.from({ length: 200 }, (_, n) => `${n}`)]
        const arrived: string[] = []
        const all = new Promise<void>((resolve) =>
          client.on('message', (_topic, payload) => {
            arrived.push(payload.toString())
            if (arrived.length === payloads.length) resolve()
          }),
        )
        await Promise.all(payloads.map(async (payload) => client.publishAsync(topic, payload, { qos: 1 })))
        await all
        assert.deepEqual(arrived, payloads)
        await client.endAsync()
      })
    }
  }

  it('MQTT 5: a call and its answer, with Response Topic, Correlation Data, user properties and expiry', async () => {
    const server = await connect({})
    const caller = await connect({})
    await server.subscribeAsync('call', { qos: 1 })
    await caller.subscribeAsync('answer', { qos: 1 })
    server.on('message', (_topic, payload, { properties }) => {
      const { responseTopic, correlationData } = properties!
      server.publish(responseTopic!, `re: ${payload.toString()}`, {
        qos: 1,
        properties: { correlationData: correlationData! },
      })
    })
    const asked = once(server)
    const answered = once(caller)
    const properties = {
      responseTopic: 'answer',
      correlationData: Buffer.from('7'),
      userProperties: { a: ['1', '2'] },
      messageExpiryInterval: 60,
      contentType: 'text/plain',
    }
    await caller.publishAsync('call', 'hello', { qos: 1, properties })
    const question = await asked
    assert.deepEqual({ ...question.properties?.userProperties }, { a: ['1', '2'] })
    assert.deepEqual([question.properties?.messageExpiryInterval, question.properties?.contentType], [60, 'text/plain'])
    const answer = await answered
    assert.equal(answer.payload.toString(), 're: hello')
    assert.deepEqual(Buffer.from(answer.properties!.correlationData!), Buffer.from('7'))
    await Promise.all([server.endAsync(), caller.endAsync()])
  })

  it('MQTT 5: CONNACK says what the broker allows', async () => {
    const client = connectSoon(`mqtt://127.0.0.1:${doors.tcp}`, { protocolVersion: 5, reconnectPeriod: 0 })
    const { properties } = await new Promise<IConnackPacket>((resolve) => client.once('connect', resolve))
    assert.deepEqual(
      [properties?.receiveMaximum, properties?.maximumPacketSize, properties?.topicAliasMaximum],
      [limits.qos2InFlightMax, limits.packetBytesMax, 32],
    )
    assert.equal(properties?.sharedSubscriptionAvailable, false)
    await client.endAsync()
  })

  it('MQTT 5: stop() tells the clients that the server is shutting down', async () => {
    await using own = await openDoors()
    const client = await connect({}, `mqtt://127.0.0.1:${own.tcp}`)
    const told = new Promise((resolve) => client.on('disconnect', ({ reasonCode }) => resolve(reasonCode)))
    await own.broker.stop()
    assert.equal(await told, 0x8b)
    await client.endAsync(true)
  })

  it('WebSocket: only the subprotocol mqtt, and only binary messages', async () => {
    const answer = await fetch(`http://127.0.0.1:${doors.ws}/`, { headers: {} })
    assert.equal(answer.status, 404)
    const refused = new WebSocket(`ws://127.0.0.1:${doors.ws}`, ['chat'])
    await new Promise((resolve) => refused.addEventListener('error', resolve))
    const talker = new WebSocket(`ws://127.0.0.1:${doors.ws}`, ['mqtt'])
    await new Promise((resolve) => talker.addEventListener('open', resolve))
    talker.send('text')
    const { code } = await new Promise<CloseEvent>((resolve) => talker.addEventListener('close', resolve))
    assert.equal(code, 1003)
  })
})

async function once(client: MqttClient): Promise<IPublishPacket> {
  return new Promise((resolve) => client.once('message', (_topic, _payload, packet) => resolve(packet)))
}
