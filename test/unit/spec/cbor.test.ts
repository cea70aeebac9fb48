import assert from 'node:assert/strict'
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import * as fc from 'fast-check'
import { decodeCbor, encodeCbor, type CborValue } from '../../../spec/cbor.ts'
import { HearthError } from '../../../spec/errors.ts'
import { limits } from '../../../spec/limits.ts'
import { hex, unhex } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly valid: readonly { readonly hex: string; readonly value: unknown }[]
  readonly invalid: readonly { readonly hex: string; readonly why: string }[]
}

const refused = (error: unknown): boolean => error instanceof HearthError && error.code === 'EVENT_INVALID'

/** `{"hex": "…"}` stands for bytes. */
const revive = (value: unknown): CborValue => {
  if (Array.isArray(value)) return value.map(revive)
  if (typeof value !== 'object' || value === null) return value as CborValue
  const entries = Object.entries(value)
  if (entries.length === 1 && entries[0]?.[0] === 'hex') return unhex(String(entries[0][1]))
  return Object.fromEntries(entries.map(([key, item]) => [key, revive(item)]))
}

const { tree } = fc.letrec<{ tree: CborValue; map: CborValue }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.maxSafeInteger(),
    fc.nat({ max: 300 }),
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('tree'), { maxLength: 30 }),
    tie('map'),
  ),
  map: fc
    .dictionary(fc.string({ unit: 'binary' }), tie('tree'))
    .filter((map) => !Object.hasOwn(map, '__proto__'))
    .map((map) => ({ ...map })),
}))

const depthOf = (value: CborValue): number =>
  typeof value !== 'object' || value === null || value instanceof Uint8Array
    ? 0
    : 1 + Math.max(0, ...Object.values(value as object).map((item) => depthOf(item as CborValue)))

describe('CBOR', () => {
  const { valid, invalid } = readVectors('cbor') as Vectors

  // ENC-5, ENC-6
  it('writes and reads every valid vector', () => {
    for (const { hex: text, value } of valid) {
      assert.equal(hex(encodeCbor(revive(value))), text)
      assert.deepEqual(decodeCbor(unhex(text)), revive(value))
    }
  })

  // ENC-5, ENC-6, ENC-7
  for (const { hex: text, why } of invalid) {
    it(`refuses ${text.slice(0, 40) || 'no bytes'}: ${why}`, () =>
      assert.throws(() => decodeCbor(unhex(text)), refused))
  }

  it('writes what cborg writes, and reads it back', () => {
    fc.assert(
      fc.property(tree, (value) => {
        fc.pre(depthOf(value) <= limits.jsonDepthMax)
        const bytes = encodeCbor(value)
        assert.equal(hex(bytes), hex(encode(value, rfc8949EncodeOptions)))
        assert.deepEqual(decodeCbor(bytes), value)
      }),
      { numRuns: 500 },
    )
  })

  it('takes of arbitrary bytes exactly what has one encoding, as cborg reads it', () => {
    const nearby = fc.tuple(tree, fc.nat(), fc.nat({ max: 255 })).map(([value, at, byte]) => {
      fc.pre(depthOf(value) <= limits.jsonDepthMax)
      const bytes = encodeCbor(value)
      return bytes.with(at % bytes.length, byte)
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), nearby), (bytes) => {
        let value: CborValue
        try {
          value = decodeCbor(bytes)
        } catch (error) {
          assert.ok(refused(error))
          return
        }
        assert.equal(hex(encodeCbor(value)), hex(bytes))
        assert.deepEqual(decode(bytes, { strict: true, rejectDuplicateMapKeys: true }), value)
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses to write what has no canonical form', () => {
    const wrong: unknown[] = [0.5, Number.NaN, Infinity, 2 ** 53, -(2 ** 53), 1n, undefined, () => 0, Symbol('s')]
    wrong.push('\ud800', { '\udc00': 1 }, new Map(), new Date(), [undefined], JSON.parse('{"__proto__":1}'))
    const circle: unknown[] = []
    circle.push(circle)
    wrong.push(circle)
    for (const value of wrong) assert.throws(() => encodeCbor(value as CborValue), refused)
  })

  // ENC-7
  it('threat 21: stops at the limits of length and depth', () => {
    assert.throws(() => decodeCbor(new Uint8Array(limits.eventBytesMax + 1)), refused)
    assert.throws(() => decodeCbor(unhex('820000'), { bytesMax: 2 }), refused)
    assert.throws(() => decodeCbor(unhex('8180'), { depthMax: 1 }), refused)
    assert.throws(() => decodeCbor(new Uint8Array(100_000).fill(0x81)), refused)
    assert.deepEqual(decodeCbor(unhex('8180'), { depthMax: 2 }), [[]])
  })

  it('fills every byte of what it is given to write into', () => {
    fc.assert(
      fc.property(tree, (value) => {
        fc.pre(depthOf(value) <= limits.jsonDepthMax)
        const dirty = encodeCbor(value, (length) => new Uint8Array(length).fill(0xaa))
        assert.equal(hex(dirty), hex(encodeCbor(value)))
      }),
    )
  })
})
