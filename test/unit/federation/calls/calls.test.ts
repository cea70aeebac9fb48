import assert from 'node:assert/strict'
import { z } from 'zod'
import type { FrameStream } from '../../../../federation/components.ts'
import { answerNode, createCalls, type NodeCallHandler } from '../../../../federation/calls/create-calls.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { NodeId } from '../../../../spec/ids.ts'
import { limits } from '../../../../spec/limits.ts'
import { decodeAnswer, encodeRequest } from '../../../../spec/node-calls/frames.ts'
import { defineNodeCall } from '../../../../spec/node-calls/node-call.ts'
import { connectPeers, createMemoryPeers } from '../../../support/memory-peers.ts'
import { createVirtualTime } from '../virtual-time.ts'

const echo = defineNodeCall({
  method: 'test.echo',
  input: z.strictObject({ text: z.string() }),
  output: z.object({ text: z.string(), from: z.string() }),
})
const silent = { warn: () => undefined }

/** Two nodes; `b` answers. */
const open = (handle: Parameters<typeof answerNode<typeof echo.input, typeof echo.output>>[1]) => {
  const time = createVirtualTime()
  const [a, b] = [createMemoryPeers('a' as NodeId), createMemoryPeers('b' as NodeId)]
  const handlers: NodeCallHandler[] = [answerNode(echo, handle)]
  const answers = createCalls({ peers: b, timers: time.timers, logger: silent }, handlers)
  const asks = createCalls({ peers: a, timers: time.timers, logger: silent }, [])
  return { time, a, b, answers, asks, disconnect: connectPeers(a, b) }
}

const good = async ({ nodeId }: { readonly nodeId: NodeId }, { text }: { readonly text: string }) => ({
  text,
  from: nodeId,
})

const code = (expected: string) => (error: unknown) => error instanceof HearthError && error.code === expected

// NCALL-1 to NCALL-6
describe('calls between nodes', () => {
  it('NCALL-1: are answered, and say who asks', async () => {
    const { asks } = open(good)
    assert.deepEqual(await asks.ask('b' as NodeId, echo, { text: 'hi' }), { text: 'hi', from: 'a' })
  })

  it('NCALL-3: a refusal arrives by its name; a fault of the other does not show what it was', async () => {
    const refusing = open(async () => {
      throw new HearthError('INVITE_INVALID', 'used up')
    })
    await assert.rejects(refusing.asks.ask('b' as NodeId, echo, { text: '' }), /used up/)
    const faulty = open(async () => {
      throw new TypeError('secret')
    })
    await assert.rejects(faulty.asks.ask('b' as NodeId, echo, { text: '' }), (error: unknown) => {
      assert.ok(error instanceof HearthError)
      assert.equal(error.code, 'INTERNAL')
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  })

  it('NCALL-2: a call that is not there, and fields that are not known', async () => {
    const { asks } = open(good)
    const other = defineNodeCall({ ...echo, method: 'test.other' })
    await assert.rejects(asks.ask('b' as NodeId, other, { text: '' }), code('NOT_FOUND'))
    const wider = defineNodeCall({ ...echo, input: z.looseObject({ text: z.string() }) })
    await assert.rejects(asks.ask('b' as NodeId, wider, { text: '', more: 1 }), code('BAD_REQUEST'))
  })

  it('NCALL-3: what does not decode costs the peer its connection and gets no answer', async () => {
    const { a, b } = open(good)
    const streams: FrameStream[] = []
    a.onPeer((peer) => void peer.connection.open('call').then((stream) => streams.push(stream)))
    await Promise.resolve()
    const [stream] = streams
    assert.ok(stream)
    await stream.write([Uint8Array.of(0xff, 1, 2)])
    await assert.rejects(stream.read())
    assert.equal(b.faults.length, 1)
  })

  it('NCALL-6: past what a peer may have open, it is told so', async () => {
    const { asks, b } = open(good)
    b.requestsMax = 0
    await assert.rejects(asks.ask('b' as NodeId, echo, { text: '' }), code('RATE_LIMITED'))
  })

  it('NCALL-5: without an answer it is given up', async () => {
    const { asks, time } = open(() => new Promise(() => undefined))
    const asked = asks.ask('b' as NodeId, echo, { text: '' })
    const refused = assert.rejects(asked, code('NO_ANSWER'))
    await time.pass(limits.nodeCallTimeoutMs)
    await refused
  })

  it('need a connection, and end with it', async () => {
    const { asks, disconnect } = open(() => new Promise(() => undefined))
    await assert.rejects(asks.ask('c' as NodeId, echo, { text: '' }), code('NODE_DOWN'))
    const asked = asks.ask('b' as NodeId, echo, { text: '' })
    const refused = assert.rejects(asked, code('CONNECTION_LOST'))
    await Promise.resolve()
    disconnect()
    await refused
    assert.equal(asks.peer('b' as NodeId), undefined)
  })

  it('wait for a node that is on its way, and not for ever', async () => {
    const { asks, time, a } = open(good)
    const c = createMemoryPeers('c' as NodeId)
    const coming = asks.connected('c' as NodeId, 1_000)
    connectPeers(a, c)
    assert.equal((await coming).nodeId, 'c')
    const missing = assert.rejects(asks.connected('d' as NodeId, 1_000), code('NODE_DOWN'))
    await time.pass(1_000)
    await missing
  })

  it('NCALL-4: an error that is not known here counts as a refusal', () => {
    const frame = Buffer.from([0x83, 1, 0x63, ...Buffer.from('NEW'), 0x62, ...Buffer.from('hi')])
    assert.deepEqual(decodeAnswer(frame), { ok: false, code: 'PEER_REFUSED', detail: 'NEW: hi' })
  })

  it('NCALL-2: a request has a bound', () => {
    assert.throws(
      () => encodeRequest({ method: 'test.echo', input: { text: 'x'.repeat(limits.packetBytesMax) } }),
      code('PACKET_TOO_LARGE'),
    )
  })
})
