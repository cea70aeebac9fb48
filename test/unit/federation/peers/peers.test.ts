import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import type { Connection, FrameStream, Peer } from '../../../../federation/components.ts'
import { createLibp2pNetwork } from '../../../../federation/link/network.ts'
import { decodeLinkFrame, encodeHello, encodePing, type Hello } from '../../../../federation/peers/link-frames.ts'
import { createSigningKey } from '../../../../node/crypto.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { encodeCbor } from '../../../../spec/cbor.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { NodeId } from '../../../../spec/ids.ts'
import { certify, newKeys, silent, startNode, type Keys, type TestNode } from './two-nodes.ts'

const eventually = async (what: string, check: () => boolean): Promise<void> => {
  const until = performance.now() + 10_000
  while (!check()) {
    assert.ok(performance.now() < until, what)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const statusOf = (node: TestNode, nodeId: NodeId) =>
  node.peers.peers().find((status) => status.nodeId === nodeId) ?? assert.fail('not listed')

/** What the peer says before it closes; then it is closed from here, too. */
const farewell = async ({ connection, ctl }: { connection: Connection; ctl: FrameStream }): Promise<string> => {
  for (let frames = await ctl.read(); frames !== undefined; frames = await ctl.read()) {
    for (const frame of frames) {
      const said = decodeLinkFrame(frame)
      if (said.type !== 'bye') continue
      await connection.close()
      return `${said.code} ${said.detail}`
    }
  }
  return assert.fail('closed without a word')
}

const plain = (frames: readonly Uint8Array[] | undefined): Buffer[] => (frames ?? []).map((frame) => Buffer.from(frame))

const appFrame = (value: number): Buffer => Buffer.from(encodeCbor([16, value]))

/** A node that speaks for itself, frame by frame. */
const rawNode = async (keys: Keys = newKeys()) => {
  const network = createLibp2pNetwork(
    { signingKeySeed: keys.hot.seed, logger: silent },
    { listen: { host: '127.0.0.1', port: 0 } },
  )
  await network.start()
  const hello = (changed: Partial<Hello> = {}): Uint8Array =>
    encodeHello({
      nodeId: keys.nodeId,
      certificate: certify(keys),
      timeMs: Date.now(),
      session: randomBytes(16),
      capabilities: [],
      name: 'raw',
      domain: undefined,
      addresses: [],
      ...changed,
    })
  return {
    keys,
    network,
    hello,
    /** Dials, says HELLO, and waits for the answer. */
    async meet(node: TestNode, changed: Partial<Hello> = {}): Promise<{ connection: Connection; ctl: FrameStream }> {
      const connection = await network.dial(node.address())
      const ctl = await connection.open('ctl')
      await ctl.write([hello(changed)])
      const [answer] = (await ctl.read()) ?? []
      const frame = decodeLinkFrame(answer ?? assert.fail('no answer'))
      if (frame.type === 'bye') {
        await connection.close()
        throw new HearthError('PEER_REFUSED', frame.detail)
      }
      return { connection, ctl }
    },
    [Symbol.asyncDispose]: () => network.stop(),
  }
}

describe('federation/peers on libp2p', () => {
  // LINK-10, LINK-11, LINK-7
  it('two nodes know each other after HELLO, and speak', async () => {
    await using a = await startNode('anna', { identity: { capabilities: ['push.1'] } })
    await using b = await startNode('berta')
    a.peers.want(b.keys.nodeId, [b.address()])
    const [atA, atB] = await Promise.all([a.peer(b.keys.nodeId), b.peer(a.keys.nodeId)])
    assert.deepEqual([atA.name, atB.name], ['berta', 'anna'])
    assert.deepEqual(atB.capabilities, ['push.1'])
    assert.deepEqual(Buffer.from(atA.key), Buffer.from(b.keys.hot.publicKey))
    await atA.ctl.write([appFrame(1), appFrame(2)])
    await atA.ctl.write([appFrame(3)])
    const read: Uint8Array[] = []
    while (read.length < 3) read.push(...((await atB.ctl.read()) ?? []))
    assert.deepEqual(plain(read), [appFrame(1), appFrame(2), appFrame(3)])
    assert.equal(statusOf(b, a.keys.nodeId).direction, 'in')
    assert.equal(statusOf(a, b.keys.nodeId).state, 'connected')
    assert.ok(statusOf(b, a.keys.nodeId).bytesIn >= 9 && statusOf(a, b.keys.nodeId).bytesOut >= 9)
  })

  // LINK-11
  it('a stream that comes before its handler waits; one of a stranger is never handed out', async () => {
    await using a = await startNode('anna')
    await using b = await startNode('berta')
    a.peers.want(b.keys.nodeId, [b.address()])
    const [atA, atB] = await Promise.all([a.peer(b.keys.nodeId), b.peer(a.keys.nodeId)])
    const early = await atA.connection.open('range')
    await early.write([Uint8Array.of(1)])
    await a.peers.ping(b.keys.nodeId)
    const late = new Promise<FrameStream>((resolve) => atB.connection.onStream('range', resolve))
    assert.deepEqual(await (await late).read().then((frames) => [...(frames?.[0] ?? [])]), [1])

    await using stranger = await rawNode()
    let strangers = 0
    b.peers.onPeer((peer) => {
      if (peer.nodeId === stranger.keys.nodeId) strangers++
    })
    const connection = await stranger.network.dial(b.address())
    const stream = await connection.open('range')
    await stream.write([Uint8Array.of(2)])
    const ctl = await connection.open('ctl')
    await ctl.write([appFrame(1)])
    assert.match(
      JSON.stringify((await ctl.read())?.map((frame) => Buffer.from(frame).toString('latin1'))),
      /FRAME_INVALID/,
    )
    await connection.closed
    assert.equal(strangers, 0)
  })

  // LINK-15
  it('measures the round trip and the offset of the other clock', async () => {
    await using a = await startNode('anna', { clockAheadMs: 90_000 })
    await using b = await startNode('berta')
    a.peers.want(b.keys.nodeId, [b.address()])
    await Promise.all([a.peer(b.keys.nodeId), b.peer(a.keys.nodeId)])
    const { rttMs, clockOffsetMs } = await b.peers.ping(a.keys.nodeId)
    assert.ok(rttMs > 0 && Math.abs(clockOffsetMs - 90_000) <= rttMs + 50, `${clockOffsetMs} ms, round trip ${rttMs}`)
    assert.ok((statusOf(b, a.keys.nodeId).rttMs ?? 0) > 0)
    await assert.rejects(b.peers.ping(newKeys().nodeId), { code: 'NODE_DOWN' })
  })

  // LINK-12
  it('of dials that cross one connection is left, the same at both ends', async () => {
    await using a = await startNode('anna')
    await using b = await startNode('berta')
    for (let round = 0; round < 3; round++) {
      a.peers.want(b.keys.nodeId, [b.address()])
      b.peers.want(a.keys.nodeId, [a.address()])
      await Promise.all([a.peer(b.keys.nodeId), b.peer(a.keys.nodeId)])
      const agreed = (): boolean => {
        const directions = [statusOf(a, b.keys.nodeId), statusOf(b, a.keys.nodeId)].map(({ direction }) => direction)
        return directions.includes('in') && directions.includes('out')
      }
      await eventually('the ends do not agree', agreed)
      const [atA, atB] = await Promise.all([a.peer(b.keys.nodeId), b.peer(a.keys.nodeId)])
      await atA.ctl.write([appFrame(round)])
      assert.deepEqual(plain(await atB.ctl.read()), [appFrame(round)])
      await Promise.all([a.peers.unwant(b.keys.nodeId), b.peers.unwant(a.keys.nodeId)])
      await Promise.all([atA.closed, atB.closed])
    }
  })

  // TRUST-1, TRUST-5, LINK-13
  it('refuses a wrong certificate and a wrong key, and both admins read why', async () => {
    await using b = await startNode('berta')
    const other = newKeys()
    const keys = newKeys()
    await using forger = await startNode('anna', {
      keys,
      identity: { certificate: () => certify({ root: other.root, hot: keys.hot }) },
    })
    forger.peers.want(b.keys.nodeId, [b.address()])
    await eventually('the forger is not told', () =>
      /it refused us: .*not its own/.test(statusOf(forger, b.keys.nodeId).lastError ?? ''),
    )
    assert.equal(b.trust.record(keys.nodeId), undefined)

    b.peers.want(keys.nodeId, [forger.address()])
    await eventually('our admin is not told', () =>
      /key known none, shown/.test(statusOf(b, keys.nodeId).lastError ?? ''),
    )
    assert.equal(statusOf(b, keys.nodeId).state, 'dialing')
  })

  // LINK-8
  it('finds a node under an address that still names the key that it had before', async () => {
    await using a = await startNode('anna')
    const old = newKeys()
    const renewed: Keys = { ...old, hot: createSigningKey() }
    let address: string
    {
      await using before = await startNode('berta', { keys: old })
      address = before.address()
      a.peers.want(old.nodeId, [address])
      await a.peer(old.nodeId)
    }
    const port = Number(/tcp\/(\d+)/.exec(address)?.[1])
    await using after = await startNode('berta', {
      keys: renewed,
      identity: { certificate: () => certify(renewed, 2) },
      network: { listen: { host: '127.0.0.1', port } },
    })
    const peer = await a.peer(old.nodeId)
    assert.deepEqual(Buffer.from(peer.key), Buffer.from(after.keys.hot.publicKey))
    assert.equal(a.trust.record(old.nodeId)?.certificateSerial, 2)
  })

  // LINK-9
  it('keeps a peer that is reached through a third node', async () => {
    await using relay = await startNode('relay', { network: { relay: { serve: true } } })
    await using hidden = await startNode('hidden', { network: { relay: { use: [relay.address()] } } })
    await using a = await startNode('anna')
    const through = (): string | undefined => hidden.network.addresses().find((own) => own.includes('p2p-circuit'))
    await eventually('no reservation', () => through() !== undefined)
    a.peers.want(hidden.keys.nodeId, [through() ?? ''])
    const [atA, atHidden] = await Promise.all([a.peer(hidden.keys.nodeId), hidden.peer(a.keys.nodeId)])
    assert.deepEqual([atA.connection.relayed, atHidden.connection.relayed], [true, true])
    await atA.ctl.write([appFrame(1)])
    assert.deepEqual(plain(await atHidden.ctl.read()), [appFrame(1)])
    assert.equal(statusOf(a, hidden.keys.nodeId).relayed, true)
    assert.equal(statusOf(relay, a.keys.nodeId).state, 'connected')
  })

  // TRUST-3
  it('another node at the address of a wanted one is no stand-in', async () => {
    await using a = await startNode('anna')
    await using b = await startNode('berta')
    const absent = newKeys()
    a.peers.want(absent.nodeId, [b.address()])
    await eventually('not told', () => /was expected/.test(statusOf(a, absent.nodeId).lastError ?? ''))
    assert.equal(statusOf(a, absent.nodeId).state, 'dialing')
  })

  // TRUST-4
  it('threat 26: the old key of a node gets nowhere once the new one was seen', async () => {
    await using b = await startNode('berta')
    const old = newKeys()
    const renewed: Keys = { ...old, hot: createSigningKey() }
    {
      await using now = await startNode('anna', { keys: renewed, identity: { certificate: () => certify(renewed, 2) } })
      now.peers.want(b.keys.nodeId, [b.address()])
      await b.peer(old.nodeId)
    }
    await using thief = await startNode('anna', { keys: old })
    thief.peers.want(b.keys.nodeId, [b.address()])
    await eventually('not told', () =>
      /certificate 1 although certificate 2 was seen/.test(statusOf(thief, b.keys.nodeId).lastError ?? ''),
    )
    assert.notEqual(statusOf(b, old.nodeId).state, 'connected')
  })

  // TRUST-8
  it('whoever is blocked is disconnected, and comes back when trusted again', async () => {
    await using a = await startNode('anna')
    await using b = await startNode('berta')
    a.peers.want(b.keys.nodeId, [b.address()])
    const peer = await b.peer(a.keys.nodeId)
    await b.trust.block(a.keys.nodeId, 'spam')
    await b.peers.reconsider()
    await peer.closed
    assert.deepEqual([statusOf(b, a.keys.nodeId).state, statusOf(b, a.keys.nodeId).reason], ['blocked', 'spam'])
    await eventually('not told', () => /blocked here/.test(statusOf(a, b.keys.nodeId).lastError ?? ''))
    await b.trust.accept(a.keys.nodeId)
    await b.peer(a.keys.nodeId)
  })

  // LINK-14
  it('threat 23: a flood is read at the rate of the budget, and the sender is held back', async () => {
    const rate = { perSecond: 1_000_000, burst: 1_000_000 }
    await using b = await startNode('berta', { peers: { budget: { bytes: rate } } })
    await using a = await startNode('anna')
    a.peers.want(b.keys.nodeId, [b.address()])
    const [atA, atB] = await Promise.all([a.peer(b.keys.nodeId), b.peer(a.keys.nodeId)])
    let read = 0
    const reading = (async () => {
      for (let frames = await atB.ctl.read(); frames !== undefined; frames = await atB.ctl.read()) {
        for (const { length } of frames) read += length
      }
    })().catch(() => undefined)
    const frame = Buffer.concat([encodeCbor([16]), randomBytes(64 * 1024)])
    const began = performance.now()
    let sent = 0
    const flood = (async () => {
      for (; sent < 200; sent++) await atA.ctl.write([frame])
    })().catch(() => undefined)
    await eventually('not throttled', () => statusOf(b, a.keys.nodeId).state === 'throttled')
    assert.equal(statusOf(b, a.keys.nodeId).reason, 'more bytes than its budget')
    await eventually('nothing is read', () => read > 1_500_000)
    const seconds = (performance.now() - began) / 1000
    assert.ok(read <= 1_000_000 * (1 + seconds) + 1_000_000, `${read} bytes in ${seconds} s`)
    assert.ok(sent * frame.length <= read + 6 * 1024 * 1024, `${sent * frame.length} bytes were taken, ${read} read`)
    await b.peers.unwant(a.keys.nodeId)
    await a.peers.unwant(b.keys.nodeId)
    await Promise.all([reading, flood])
  })

  // LINK-14, LINK-13
  it('threat 25: a flood of frames that nobody asked for ends in a cut-off that both sides can read', async () => {
    await using b = await startNode('berta')
    await using flooder = await rawNode()
    const { connection, ctl } = await flooder.meet(b)
    const before = process.memoryUsage().rss
    const subscribe = encodeCbor([5, 'subscribe', 'a'.repeat(40)])
    const flood = (async () => {
      for (let i = 0; i < 350; i++) await ctl.write(Array.from({ length: 1_000 }, () => subscribe))
    })().catch(() => undefined)
    assert.equal(await farewell({ connection, ctl }), 'PEER_REFUSED cut off: too many frames of an unknown type')
    await flood
    const { state, reason } = statusOf(b, flooder.keys.nodeId)
    assert.deepEqual([state, reason], ['cutOff', 'too many frames of an unknown type'])
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024)
    // It is not let in again before its time, unless an admin says so.
    await assert.rejects(flooder.meet(b), /cut off for another \d+ s: too many frames/)
    assert.equal(statusOf(b, flooder.keys.nodeId).state, 'cutOff')
    await b.peers.reconsider(flooder.keys.nodeId)
    await flooder.meet(b)
    await eventually('not let in', () => statusOf(b, flooder.keys.nodeId).state === 'connected')
  })

  // LINK-14
  it('cuts off a second HELLO, a PONG to no PING, and what does not decode; answers PINGs one to one', async () => {
    await using b = await startNode('berta')
    const wrong = [(hello: Uint8Array) => hello, () => encodeCbor([3, 99, 1]), () => Uint8Array.of(0x82, 0x02, 0xff)]
    for (const make of wrong) {
      await using peer = await rawNode()
      const { connection, ctl } = await peer.meet(b)
      await ctl.write([make(peer.hello())])
      assert.match(await farewell({ connection, ctl }), /^PEER_REFUSED cut off/)
      assert.equal(statusOf(b, peer.keys.nodeId).state, 'cutOff')
    }
    await using pinger = await rawNode()
    const { ctl } = await pinger.meet(b)
    await ctl.write(Array.from({ length: 50 }, (_, id) => encodePing(id)))
    let pongs = 0
    while (pongs < 50) pongs += (await ctl.read())?.filter((frame) => frame[1] === 3).length ?? assert.fail('closed')
    assert.equal(pongs, 50)
  })

  it('a handler that ends a peer by a named error is no crash', async () => {
    await using a = await startNode('anna')
    await using b = await startNode('berta')
    a.peers.want(b.keys.nodeId, [b.address()])
    const peer: Peer = await b.peer(a.keys.nodeId)
    peer.ctl.abort(new HearthError('INTERNAL'))
    await peer.connection.close()
    await peer.closed
    await b.peer(a.keys.nodeId)
  })
})

describe('federation/peers and a process that dies', () => {
  let child: ChildProcess | undefined
  afterEach(() => void child?.kill('SIGKILL'))

  const startChild = async (keys: Keys, port: string): Promise<string> => {
    const args = [encodeBase32(keys.root.seed), encodeBase32(keys.hot.seed), port]
    child = spawn(process.execPath, [new URL('./peer-process.ts', import.meta.url).pathname, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const { stdout } = child
    assert.ok(stdout)
    const [line] = (await once(stdout, 'data')) as [Buffer]
    return line.toString().trim()
  }

  // LINK-16
  it('its end is noticed, and it is reached again when it is back', async () => {
    const keys = newKeys()
    await using a = await startNode('anna')
    const address = await startChild(keys, '0')
    a.peers.want(keys.nodeId, [address])
    const peer = await a.peer(keys.nodeId)
    child?.kill('SIGKILL')
    await peer.closed
    await eventually('still listed', () => statusOf(a, keys.nodeId).state === 'dialing')
    await startChild(keys, /tcp\/(\d+)/.exec(address)?.[1] ?? '')
    const again = await a.peer(keys.nodeId)
    assert.notEqual(again, peer)
    assert.ok((await a.peers.ping(keys.nodeId)).rttMs > 0)
  })
})
