import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  decodeLinkFrame,
  encodeBye,
  encodeHello,
  encodePing,
  encodePong,
  isLinkFrame,
  type Hello,
} from '../../../../federation/peers/link-frames.ts'
import { takesOver, type Line } from '../../../../federation/peers/duplicates.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { encodeCbor, type CborValue } from '../../../../spec/cbor.ts'
import type { NodeId } from '../../../../spec/ids.ts'

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })

const hello: fc.Arbitrary<Hello> = fc.record(
  {
    nodeId: bytes(32).map((id) => encodeBase32(id) as NodeId),
    certificate: fc.uint8Array({ maxLength: 512 }),
    timeMs: fc.nat(2 ** 31),
    session: bytes(16),
    capabilities: fc.array(fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,31}$/), { maxLength: 32 }),
    name: fc.stringMatching(/^[\p{L}\p{N} ]{0,80}$/u),
    domain: fc.option(
      fc.domain().map((name) => name.toLowerCase()),
      { nil: undefined },
    ),
    addresses: fc.array(fc.stringMatching(/^\/[a-z0-9/.]{1,50}$/), { maxLength: 16 }),
  },
  { noNullPrototype: true },
)

const fields = (frame: Partial<Record<number, CborValue>> = {}): CborValue[] => {
  const valid: CborValue[] = [1, new Uint8Array(32), new Uint8Array(8), 5, new Uint8Array(16), [], 'anna', null, []]
  return valid.map((value, i) => frame[i] ?? value)
}

describe('federation/peers/link-frames', () => {
  // LINK-10
  it('HELLO reads back as it was written', () => {
    fc.assert(
      fc.property(hello, (sent) => {
        const frame = encodeHello(sent)
        assert.ok(isLinkFrame(frame))
        assert.deepEqual(decodeLinkFrame(frame), { type: 'hello', hello: sent })
      }),
    )
  })

  // LINK-13, LINK-15
  it('PING, PONG and BYE read back, BYE without what moves a terminal', () => {
    assert.deepEqual(decodeLinkFrame(encodePing(7)), { type: 'ping', id: 7 })
    assert.deepEqual(decodeLinkFrame(encodePong(7, 8)), { type: 'pong', id: 7, timeMs: 8 })
    assert.deepEqual(decodeLinkFrame(encodeBye('PEER_REFUSED', 'no\u001b[31m \ud800')), {
      type: 'bye',
      code: 'PEER_REFUSED',
      detail: 'no [31m \ufffd',
    })
  })

  // LINK-7
  it('leaves types from 16 up to others, and passes over what a later version may say', () => {
    for (const type of [16, 23, 24, 255, 256]) assert.equal(isLinkFrame(encodeCbor([type, 1])), false)
    assert.equal(isLinkFrame(encodeCbor({ a: 1 })), false)
    assert.deepEqual(decodeLinkFrame(encodeCbor([15, 'new'])), { type: 'unknown' })
    assert.deepEqual(decodeLinkFrame(encodeCbor([2, 7, 'new'])), { type: 'ping', id: 7 })
    assert.equal(decodeLinkFrame(encodeCbor([...fields(), 'new'])).type, 'hello')
  })

  // LINK-10
  it('refuses fields outside their bounds', () => {
    const many = (count: number, text: string): CborValue[] => Array.from({ length: count }, () => text)
    const wrong: Partial<Record<number, CborValue>>[] = [
      { 1: new Uint8Array(31) },
      { 2: new Uint8Array(513) },
      { 3: -1 },
      { 4: new Uint8Array(15) },
      { 5: many(33, 'a') },
      { 5: ['Upper'] },
      { 6: 'a\u0007' },
      { 6: 'a\u202e' },
      { 6: 'a'.repeat(81) },
      { 7: 'localhost' },
      { 7: 'a b.example' },
      { 8: many(17, '/a') },
      { 8: ['no slash'] },
      { 8: [`/${'a'.repeat(513)}`] },
    ]
    for (const field of wrong) {
      assert.throws(() => decodeLinkFrame(encodeCbor(fields(field))), { code: 'FRAME_INVALID' }, JSON.stringify(field))
    }
    assert.equal(decodeLinkFrame(encodeCbor(fields())).type, 'hello')
    assert.throws(() => decodeLinkFrame(encodeCbor(fields().slice(0, 8))), { code: 'FRAME_INVALID' })
    assert.throws(() => decodeLinkFrame(new Uint8Array(16 * 1024 + 1).fill(0x81)), { code: 'FRAME_INVALID' })
  })

  it('any bytes: a frame or FRAME_INVALID', () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.tuple(hello, fc.nat(200), fc.nat(255)).map(([sent, at, value]) => {
        const bytes = encodeHello(sent)
        bytes[at % bytes.length] = value
        return bytes
      }),
    )
    fc.assert(
      fc.property(frame, (bytes) => {
        try {
          assert.ok(decodeLinkFrame(bytes).type)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'FRAME_INVALID')
        }
      }),
    )
  })
})

describe('federation/peers/duplicates', () => {
  // LINK-12
  it('both ends keep the same one of two connections that crossed, whichever came first at each', () => {
    const [small, great] = ['anna' as NodeId, 'berta' as NodeId]
    const line = fc.record({ dialledBy: fc.constantFrom(small, great), relayed: fc.boolean() })
    fc.assert(
      fc.property(line, line, fc.boolean(), (one, two, sameOrder) => {
        // Of two by the same node the order is known: it dials the second after the first.
        fc.pre(one.dialledBy !== two.dialledBy || one.relayed !== two.relayed)
        const seenBy = (session: number) =>
          [one, two].map((line): Line => ({ ...line, session: Uint8Array.of(session) }))
        const kept = (self: NodeId, peer: NodeId, [first, second]: Line[], flipped: boolean): boolean => {
          assert.ok(first !== undefined && second !== undefined)
          return flipped ? !takesOver(self, peer, second, first) : takesOver(self, peer, first, second)
        }
        assert.equal(kept(small, great, seenBy(1), false), kept(great, small, seenBy(2), !sameOrder))
      }),
    )
  })

  // LINK-12
  it('a peer that was started anew takes the place of what it was', () => {
    const before: Line = { dialledBy: 'anna' as NodeId, relayed: false, session: Uint8Array.of(1) }
    const after: Line = { dialledBy: 'berta' as NodeId, relayed: true, session: Uint8Array.of(2) }
    assert.equal(takesOver('anna' as NodeId, 'berta' as NodeId, before, after), true)
    assert.equal(takesOver('anna' as NodeId, 'berta' as NodeId, before, { ...after, session: before.session }), false)
    assert.equal(takesOver('anna' as NodeId, 'berta' as NodeId, before, { ...before }), true)
  })
})
