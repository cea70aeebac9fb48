import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { FrameStream } from '../../../../federation/components.ts'
import { protocols } from '../../../../federation/link/connection.ts'
import { createLibp2pNode } from '../../../../federation/link/libp2p-node.ts'
import { createLibp2pNetwork } from '../../../../federation/link/network.ts'
import { createSigningKey } from '../../../../node/crypto.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { limits } from '../../../../spec/limits.ts'
import { connectedNetworks, openStream, silent } from '../peers/two-nodes.ts'

/** All frames until the end. */
const readAll = async (stream: FrameStream): Promise<Buffer[]> => {
  const all: Buffer[] = []
  for (let frames = await stream.read(); frames !== undefined; frames = await stream.read()) {
    all.push(...frames.map((frame) => Buffer.from(frame)))
  }
  return all
}

/** What a writer gets rid of before it has to wait: it does when no write resolves in a turn of the event loop after another. */
const writeUntilHeld = async (
  stream: FrameStream,
  frame: Uint8Array,
): Promise<{ bytes: number; held: Promise<void> }> => {
  for (let bytes = 0; ; bytes += frame.length) {
    const write = stream.write([frame])
    let done = false
    const held = write.then(() => void (done = true))
    for (let turn = 0; turn < 200 && !done; turn++) await new Promise((resolve) => setImmediate(resolve))
    if (!done) return { bytes, held }
  }
}

describe('federation/link/frame-stream on libp2p', () => {
  // LINK-3, LINK-5
  it('carries frames of all sizes in order, both ways', async () => {
    await using nodes = await connectedNetworks()
    const [near, far] = await openStream(nodes.near, nodes.far)
    const sizes = [1, 2, 255, 256, 65_535, 65_536, 300_000, limits.frameBytesMax - 1, limits.frameBytesMax, 1]
    const sent = sizes.map((size) => randomBytes(size))
    const echoed = (async () => {
      for (const frame of await readAll(far)) await far.write([frame])
      await far.close()
    })()
    for (const frame of sent) await near.write([frame])
    await near.close()
    const back = await readAll(near)
    await echoed
    assert.equal(back.length, sent.length)
    for (const [i, frame] of sent.entries()) assert.ok(frame.equals(back[i] ?? Buffer.alloc(0)), `frame ${i}`)
  })

  // LINK-6
  it('a slow reader holds the writer to a bounded buffer, again and again, and nothing is lost', async () => {
    await using nodes = await connectedNetworks()
    const [near, far] = await openStream(nodes.near, nodes.far)
    const frame = randomBytes(64 * 1024)
    let read = 0
    let written = 0
    for (let round = 0; round < 3; round++) {
      const { bytes, held } = await writeUntilHeld(near, frame)
      written += bytes + frame.length
      assert.ok(written - read < 4 * 1024 * 1024, `round ${round}: ${written - read} bytes are under way`)
      while (read < written) for (const { length } of (await far.read()) ?? []) read += length
      await held
    }
    assert.equal(read, written)
  })

  // LINK-6
  it('a writer that does not wait is cut off', async () => {
    await using nodes = await connectedNetworks()
    const [near] = await openStream(nodes.near, nodes.far)
    const frame = randomBytes(512 * 1024)
    const writes = Array.from({ length: 40 }, () => near.write([frame]))
    for (const result of await Promise.allSettled(writes)) {
      assert.equal(result.status === 'rejected' && (result.reason as { code?: string }).code, 'SLOW_CONSUMER')
    }
    await assert.rejects(near.read(), { code: 'SLOW_CONSUMER' })
  })

  // LINK-4
  it('a stream without a handler is refused, and more streams than fit at a time can follow each other', async () => {
    await using nodes = await connectedNetworks()
    const refused = await nodes.near.open('blob')
    await assert.rejects(refused.read(), { code: 'CONNECTION_LOST' })
    for (let i = 0; i < 80; i++) {
      const [near, far] = await openStream(nodes.near, nodes.far)
      await near.write([Uint8Array.of(i)])
      await near.close()
      assert.deepEqual(await readAll(far), [Buffer.of(i)])
      await far.close()
      assert.equal(await near.read(), undefined)
    }
  })

  it('has one reader, takes nothing after close, and ends for both sides when it is aborted', async () => {
    await using nodes = await connectedNetworks()
    const [near, far] = await openStream(nodes.near, nodes.far)
    const waiting = assert.rejects(near.read(), { code: 'PEER_REFUSED' })
    await assert.rejects(near.read(), { code: 'INTERNAL' })
    await near.close()
    await assert.rejects(near.write([Uint8Array.of(1)]), { code: 'CONNECTION_LOST' })
    assert.equal(await far.read(), undefined)
    near.abort(new HearthError('PEER_REFUSED'))
    await waiting
    await assert.rejects(
      async () => {
        for (;;) await far.write([new Uint8Array(64 * 1024)])
      },
      { code: 'CONNECTION_LOST' },
    )
  })

  // LINK-5, LINK-4
  it('an oversized frame, or one that was cut, ends that stream alone', async () => {
    await using nodes = await connectedNetworks()
    const raw = await createLibp2pNode(randomBytes(32), { listen: { host: '127.0.0.1', port: 0 } })
    await raw.node.start()
    try {
      const arrived = new Promise<Parameters<Parameters<typeof nodes.b.onConnection>[0]>[0]>((resolve) =>
        nodes.b.onConnection(resolve),
      )
      const connection = await raw.node.dial(raw.multiaddr(nodes.b.addresses()[0] ?? ''))
      const far = await arrived
      const streams: FrameStream[] = []
      far.onStream('range', (stream) => streams.push(stream))
      const open = () => connection.newStream(protocols.range)
      const oversized = await open()
      oversized.send(Buffer.of(0x7f, 0xff, 0xff, 0xff, 1, 2, 3))
      const cut = await open()
      cut.send(Buffer.of(0, 0, 0, 9, 1))
      await cut.close()
      const good = await open()
      good.send(Buffer.of(0, 0, 0, 1, 7))
      await good.close()
      while (streams.length < 3) await new Promise((resolve) => setImmediate(resolve))
      const outcomes = await Promise.all(
        streams.map((stream) => readAll(stream).catch((error: { code: string }) => error.code)),
      )
      assert.deepEqual(outcomes, ['FRAME_INVALID', 'CONNECTION_LOST', [Buffer.of(7)]])
      assert.equal(connection.status, 'open')
    } finally {
      await raw.node.stop()
    }
  })
})

describe('federation/link/network', () => {
  // LINK-1, LINK-2
  it('shows each side the hot key of the other, and pins it on demand', async () => {
    await using nodes = await connectedNetworks()
    const [address = ''] = nodes.b.addresses()
    const again = await nodes.a.dial(address, nodes.near.remoteKey)
    assert.deepEqual(again.remoteKey, nodes.near.remoteKey)
    assert.notDeepEqual(nodes.far.remoteKey, nodes.near.remoteKey)
    assert.deepEqual([nodes.near.inbound, nodes.far.inbound, nodes.far.relayed], [false, true, false])
    await assert.rejects(nodes.a.dial(address, createSigningKey().publicKey), { code: 'PEER_REFUSED' })
  })

  it('says when nobody answers, when it is stopped, and when the port is taken', async () => {
    await using nodes = await connectedNetworks()
    await assert.rejects(nodes.a.dial('/ip4/127.0.0.1/tcp/1'), { code: 'NODE_DOWN' })
    await assert.rejects(nodes.a.dial('no address'), { code: 'NODE_DOWN' })
    const port = Number(/tcp\/(\d+)/.exec(nodes.a.addresses()[0] ?? '')?.[1])
    await using second = createLibp2pNetwork(
      { signingKeySeed: randomBytes(32), logger: silent },
      { listen: { host: '127.0.0.1', port } },
    )
    await assert.rejects(second.start(), { code: 'CONFIG_INVALID' })
    await nodes.a.stop()
    await assert.rejects(nodes.a.dial(nodes.b.addresses()[0] ?? ''), { code: 'NODE_DOWN' })
    await nodes.far.closed
  })

  // LINK-9
  it('reaches a node through a relay, without its limits of bytes and time', async () => {
    const make = (relay: { serve?: boolean; use?: string[] }, host = '127.0.0.1') =>
      createLibp2pNetwork({ signingKeySeed: randomBytes(32), logger: silent }, { listen: { host, port: 0 }, relay })
    await using relay = make({ serve: true })
    await relay.start()
    await using hidden = make({ use: [...relay.addresses()] })
    await hidden.start()
    await using near = make({})
    await near.start()
    const through = (): string | undefined => hidden.addresses().find((address) => address.includes('p2p-circuit'))
    while (through() === undefined) await new Promise((resolve) => setImmediate(resolve))
    const arrived = new Promise<FrameStream>((resolve) =>
      hidden.onConnection((connection) => connection.onStream('range', resolve)),
    )
    const connection = await near.dial(through() ?? '')
    assert.equal(connection.relayed, true)
    const stream = await connection.open('range')
    const far = await arrived
    const frame = randomBytes(256 * 1024)
    const total = 16 * frame.length
    const writing = (async () => {
      for (let i = 0; i < 16; i++) await stream.write([frame])
      await stream.close()
    })()
    const read = await readAll(far)
    await writing
    assert.equal(
      read.reduce((sum, { length }) => sum + length, 0),
      total,
    )
  })
})
