import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  eventIdStamp,
  eventIdTail,
  hasTail,
  isEventId,
  makeEventId,
  parseEventId,
  readEventId,
  writeEventId,
} from '../../../spec/event-id.ts'
import { compareStamps } from '../../../spec/hybrid-clock.ts'
import { hex, sha256, unhex } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly valid: readonly {
    readonly ms: number
    readonly counter: number
    readonly feed: string
    readonly hex: string
    readonly id: string
  }[]
  readonly invalid: readonly { readonly text: string; readonly why: string }[]
}

const stamp = fc
  .record({ ms: fc.nat({ max: 2 ** 48 - 1 }), counter: fc.nat({ max: 0xfff }) })
  .map((stamp) => ({ ...stamp }))

describe('event ids', () => {
  const { valid, invalid } = readVectors('event-id') as Vectors

  // ID-4
  it('makes, writes and reads the valid vectors', () => {
    for (const vector of valid) {
      const tail = eventIdTail(sha256, unhex(vector.feed))
      const id = makeEventId(vector, tail)
      assert.equal(id, vector.id)
      assert.ok(isEventId(vector.id) && hasTail(id, tail))
      assert.deepEqual(eventIdStamp(id), { ms: vector.ms, counter: vector.counter })
      assert.equal(readEventId(unhex(vector.hex)), id)
      const bytes = new Uint8Array(18)
      writeEventId(bytes, 1, id)
      assert.equal(hex(bytes), `00${vector.hex}00`)
    }
  })

  for (const { text, why } of invalid) {
    it(`refuses ${JSON.stringify(text)}: ${why}`, () => assert.equal(parseEventId(text), undefined))
  }

  it('refuses bytes of another version or variant', () => {
    const good = unhex(valid[0]?.hex ?? '')
    assert.equal(readEventId(good.with(6, 0x40)), undefined)
    assert.equal(readEventId(good.with(8, 0x00)), undefined)
    assert.equal(readEventId(new Uint8Array(8)), undefined)
  })

  it('ascends as text as its stamps ascend', () => {
    const tail = eventIdTail(sha256, new Uint8Array(16))
    fc.assert(
      fc.property(stamp, stamp, (a, b) => {
        const [x, y] = [makeEventId(a, tail), makeEventId(b, tail)]
        assert.equal(Math.sign(compareStamps(a, b)), x < y ? -1 : x > y ? 1 : 0)
        assert.deepEqual(eventIdStamp(x), a)
      }),
    )
  })

  it('tells another feed by the tail', () => {
    const [one, other] = [new Uint8Array(16), new Uint8Array(16).fill(1)].map((feed) => eventIdTail(sha256, feed))
    assert.ok(one !== undefined && other !== undefined)
    assert.equal(hasTail(makeEventId({ ms: 1, counter: 1 }, one), other), false)
  })
})
