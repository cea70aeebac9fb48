import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { compareBytes, concatBytes, copyBytes, equalBytes, writeUint64 } from '../../../spec/bytes.ts'

const bytes = fc.uint8Array({ maxLength: 40 })

describe('bytes', () => {
  it('are compared, joined and copied as Buffer does', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b))
        assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0)
        assert.deepEqual(concatBytes(a, b, a), new Uint8Array(Buffer.concat([a, b, a])))
        const target = new Uint8Array(a.length + 2)
        copyBytes(target, 1, a)
        assert.deepEqual(target, new Uint8Array([0, ...a, 0]))
      }),
    )
    assert.ok(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)))
    assert.ok(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)))
    assert.ok(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0)) < 0)
  })

  it('hold safe integers big-endian', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const target = Buffer.alloc(8)
        writeUint64(target, 0, value)
        assert.equal(target.readBigUInt64BE(), BigInt(value))
      }),
    )
  })
})
