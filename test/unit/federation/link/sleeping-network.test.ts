import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Connection } from '../../../../federation/components.ts'
import { createLibp2pNetwork, type NetworkInit } from '../../../../federation/link/network.ts'
import { createSleepingNetwork, type SleepingNetwork } from '../../../../federation/link/sleeping-network.ts'
import { createSigningKey } from '../../../../node/crypto.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const listen = { host: '127.0.0.1', port: 0 }

describe('a network that sleeps', () => {
  const key = createSigningKey()
  let started: NetworkInit[] = []
  const open = (init: NetworkInit = { listen }): SleepingNetwork =>
    createSleepingNetwork(
      {
        network: (awake) => {
          started.push(awake)
          return createLibp2pNetwork({ signingKeySeed: key.seed, logger: quiet }, awake)
        },
        publicKey: key.publicKey,
        logger: quiet,
      },
      init,
    )
  beforeEach(() => (started = []))

  it('LINK-17: tells the addresses that it will have awake, and loads nothing for it', async () => {
    await using network = open()
    await network.start()
    const asleep = network.addresses()
    assert.match(asleep[0] ?? '', /^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d*\/p2p\/12D3Koo/)
    assert.equal(started.length, 0)
    await network.wake()
    assert.deepEqual(network.addresses(), asleep)
    assert.equal(started.length, 1)
  })

  it('LINK-17: whoever dials is sent away, dials again and is let in', async () => {
    await using network = open()
    await network.start()
    const [address = ''] = network.addresses()
    const met = new Promise<Connection>((resolve) => network.onConnection(resolve))
    const socket = connect(Number(address.split('/')[4]), '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'close')
    await network.wake()
    await using other = createLibp2pNetwork({ signingKeySeed: createSigningKey().seed, logger: quiet }, { listen })
    await other.start()
    const connection = await other.dial(address)
    assert.deepEqual(Buffer.from(connection.remoteKey), Buffer.from(key.publicKey))
    assert.equal((await met).inbound, true)
    assert.equal(started.length, 1)
  })

  it('wakes to dial, once for all that dial together', async () => {
    await using other = createLibp2pNetwork({ signingKeySeed: createSigningKey().seed, logger: quiet }, { listen })
    await other.start()
    await using network = open()
    await network.start()
    const [address = ''] = other.addresses()
    const [first, second] = await Promise.all([network.dial(address), network.dial(address)])
    assert.equal(first.inbound || second.inbound, false)
    assert.equal(started.length, 1)
  })

  it('a port that is taken is CONFIG_INVALID, a stopped one dials nobody', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const network = open({ listen: { host: '127.0.0.1', port } })
    await assert.rejects(network.start(), { code: 'CONFIG_INVALID' })
    taken.close()
    await network.start()
    await network.stop()
    await assert.rejects(network.dial('/ip4/127.0.0.1/tcp/1'), { code: 'NODE_DOWN' })
    assert.equal(started.length, 0)
  })
})
