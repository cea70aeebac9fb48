import assert from 'node:assert/strict'
import { startBroker } from './harness.ts'

describe('broker connect', () => {
  it('a refused login: reason code and string of MQTT 5, return code of 3.1.1, and the connection ends', async () => {
    await using test = await startBroker()
    const five = await test.socket()
    const connack = await five.connect({ version: 5, username: 'nobody' })
    assert.deepEqual([connack.reasonCode, connack.properties?.reasonString], [0x86, 'LOGIN_FAILED: try another name'])
    await five.closed
    const four = await test.socket()
    assert.equal((await four.connect({ username: 'nobody' })).returnCode, 4)
    await four.closed
    assert.equal(test.broker.metrics().connectsRefused, 2)
  })

  it('the policy is asked with everything that CONNECT says', async () => {
    await using test = await startBroker()
    const will = { topic: 'w', payload: Buffer.from('bye'), qos: 1, retain: true } as const
    await test.client({ version: 5, clientId: 'phone', username: 'alice', will })
    const { password, ...request } = test.requests[0]!
    assert.equal(Buffer.from(password!).toString(), 'secret')
    assert.deepEqual(request, {
      clientId: 'phone',
      username: 'alice',
      protocolVersion: 5,
      address: '127.0.0.1',
      transport: 'tcp',
      will: { topic: 'w', payload: Buffer.from('bye'), retain: true, qos: 1 },
    })
  })

  it('MQTT 5 §3.1: faulty CONNECTs are refused with their reason, before the policy is asked', async () => {
    await using test = await startBroker()
    const zero = await test.socket()
    assert.equal((await zero.connect({ version: 5, properties: { receiveMaximum: 0 } })).reasonCode, 0x82)
    const authentication = await test.socket()
    const properties = { authenticationMethod: 'SCRAM' }
    assert.equal((await authentication.connect({ version: 5, properties })).reasonCode, 0x8c)
    const will = { topic: 'a/#', payload: Buffer.alloc(0), qos: 0, retain: false } as const
    assert.equal((await (await test.socket()).connect({ version: 5, will })).reasonCode, 0x90)
    const future = await test.socket()
    future.listen(5)
    future.socket.write(Buffer.from('100e00044d515454060200000000016100', 'hex'))
    assert.equal((await future.next('connack')).reasonCode, 0x84)
    assert.equal(test.requests.length, 0)
  })

  it('a second CONNECT, and packets that only a server sends, end the connection', async () => {
    await using test = await startBroker()
    for (const bytes of ['100d00044d51545404020000000161', '20020000', 'd000', 'f000', 'c100', '6003000100']) {
      const alice = await test.client()
      alice.socket.write(Buffer.from(bytes, 'hex'))
      await alice.closed
    }
  })

  it('MQTT 5 §3.1.2.10: a client that is silent past its keep-alive is told 0x8D and closed', async () => {
    await using test = await startBroker()
    const talker = await test.client({ username: 'talker', keepalive: 1 })
    const silent = await test.client({ version: 5, keepalive: 1 })
    const chatter = setInterval(() => void talker.publish('a', 'x'), 200)
    assert.equal((await silent.next('disconnect')).reasonCode, 0x8d)
    await silent.closed
    clearInterval(chatter)
    await talker.ping()
    assert.equal(test.broker.metrics().cutOffs.KEEP_ALIVE_TIMEOUT, 1)
  })

  it('MQTT 5 §3.1.3.2.2: a will waits for its delay, and is not sent when the client is back before', async () => {
    await using test = await startBroker()
    const properties = { sessionExpiryInterval: 60 }
    const will = (payload: string) => ({
      topic: 'presence',
      payload: Buffer.from(payload),
      qos: 1 as const,
      retain: false,
      properties: { willDelayInterval: 1 },
    })
    const watcher = await test.client({ username: 'watcher' })
    await watcher.subscribe('presence')
    const options = { version: 5, clean: false, properties } as const
    const flaky = await test.client({ ...options, username: 'flaky', will: will('flaky gone') })
    const gone = await test.client({ ...options, username: 'gone', will: will('gone') })
    await test.drop(flaky)
    await test.client({ ...options, username: 'flaky' })
    await test.drop(gone)
    assert.deepEqual(await watcher.payloads(1), ['gone'])
    assert.deepEqual(
      test.published.map(({ name }) => name),
      ['gone'],
    )
  })

  it('MQTT 5 §3.14.2.1: DISCONNECT with will sends it', async () => {
    await using test = await startBroker()
    const will = { topic: 'presence', payload: Buffer.from('left'), qos: 0, retain: false } as const
    const watcher = await test.client({ username: 'watcher' })
    await watcher.subscribe('presence')
    const alice = await test.client({ version: 5, will })
    alice.send({ cmd: 'disconnect', reasonCode: 4 })
    assert.deepEqual(await watcher.payloads(1), ['left'])
  })

  it('counts what goes through', async () => {
    await using test = await startBroker()
    const alice = await test.client()
    await alice.subscribe('a')
    await alice.publish('a', 'x')
    await alice.payloads(1)
    const { connects, connections, messagesIn, messagesOut, sessions, bytesIn, bytesOut } = test.broker.metrics()
    assert.deepEqual(
      { connects, connections, messagesIn, messagesOut, sessions },
      {
        connects: 1,
        connections: 1,
        messagesIn: 1,
        messagesOut: 1,
        sessions: 1,
      },
    )
    assert.ok(bytesIn > 40 && bytesOut > 10)
  })
})
