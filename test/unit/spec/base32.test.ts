import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { decodeBase32, encodeBase32 } from '../../../spec/base32.ts'
import { decodeHex, encodeHex } from '../../../spec/hex.ts'
import { formatUuid, parseUuid } from '../../../spec/uuid.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly valid: readonly { readonly hex: string; readonly text: string }[]
  readonly invalid: readonly { readonly text: string; readonly why: string }[]
}

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

describe('base32', () => {
  const { valid, invalid } = readVectors('base32') as Vectors

  // ENC-1
  it('writes and reads every valid vector', () => {
    for (const { hex, text } of valid) {
      assert.equal(encodeBase32(bytes(hex)), text)
      assert.deepEqual(decodeBase32(text), bytes(hex))
    }
  })

  // ENC-2
  for (const { text, why } of invalid) {
    it(`refuses ${JSON.stringify(text)}: ${why}`, () => assert.equal(decodeBase32(text), undefined))
  }

  it('gives every byte string one text and every accepted text one byte string', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(decodeBase32(encodeBase32(bytes)), bytes)))
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'y', 'z', '2', '7', 'A', '1', '=') }), (text) => {
        const bytes = decodeBase32(text)
        if (bytes !== undefined) assert.equal(encodeBase32(bytes), text)
      }),
    )
  })
})

describe('hex', () => {
  // ENC-3
  it('reads what it wrote, lower case only', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(decodeHex(encodeHex(bytes)), bytes)))
    for (const text of ['a', 'AA', '0g', ' 0', '0x00', 'ａａ', 'é0']) assert.equal(decodeHex(text), undefined, text)
  })
})

describe('uuid text', () => {
  // ENC-4
  it('reads what it wrote, strict in form and variant', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (random) => {
        const text = formatUuid(random)
        const isVariant10 = ((random[8] ?? 0) & 0xc0) === 0x80
        assert.deepEqual(parseUuid(text), isVariant10 ? random : undefined)
      }),
    )
    const good = '0f8fad5b-d9cb-469f-a165-70867728950e'
    assert.notEqual(parseUuid(good), undefined)
    for (const text of [`${good}0`, `${good}-`, good.slice(0, -1)]) assert.equal(parseUuid(text), undefined, text)
    for (let at = 0; at < good.length; at++) {
      const broken = good.slice(0, at) + (good[at] === '-' ? '0' : '-') + good.slice(at + 1)
      assert.equal(parseUuid(broken), undefined, broken)
    }
  })
})
