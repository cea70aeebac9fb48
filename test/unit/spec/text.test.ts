import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { HearthError } from '../../../spec/errors.ts'
import { limits } from '../../../spec/limits.ts'
import { checkText, decodeText } from '../../../spec/text.ts'
import { readText, textBytes, textSize, writeText } from '../../../spec/utf8.ts'
import { hex } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Sample {
  readonly part: string
  readonly times: number
  readonly code?: string
}

const fails = (bytes: Uint8Array, code: string): void =>
  assert.throws(
    () => decodeText(bytes),
    (error) => error instanceof HearthError && error.code === code,
  )

describe('chat texts', () => {
  const { valid, invalid } = readVectors('text') as { valid: readonly Sample[]; invalid: readonly Sample[] }

  // TEXT-1, TEXT-2
  it('takes the valid and names what is wrong with the others', () => {
    for (const { part, times } of valid) {
      const text = part.repeat(times)
      assert.equal(checkText(text), undefined)
      assert.equal(decodeText(Buffer.from(text)), text)
    }
    for (const { part, times, code } of invalid) {
      assert.equal(checkText(part.repeat(times)), code)
      fails(Buffer.from(part.repeat(times)), code ?? '')
    }
  })

  // TEXT-3
  it('is strict UTF-8, without half surrogate pairs', () => {
    assert.equal(checkText('a\ud800'), 'NOT_UTF8')
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x61, 0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]]) {
      fails(Uint8Array.from(bytes), 'NOT_UTF8')
    }
    fails(new Uint8Array(limits.packetBytesMax + 1), 'PACKET_TOO_LARGE')
  })
})

describe('UTF-8', () => {
  it('reads and writes like the platform, and nothing that is not valid', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' }).map(textBytes)), (bytes) => {
        let expected: string | undefined
        try {
          expected = strict.decode(bytes)
        } catch {}
        assert.equal(readText(bytes), expected)
      }),
    )
    const units = fc.oneof(fc.nat({ max: 0xffff }), fc.constantFrom(0xd800, 0xdbff, 0xdc00, 0xdfff))
    fc.assert(
      fc.property(fc.array(units), (units) => {
        const text = String.fromCharCode(...units)
        assert.equal(textSize(text), text.isWellFormed() ? Buffer.byteLength(text) : -1)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const target = new Uint8Array(textSize(text) + 2)
        writeText(target, 1, text, textSize(text))
        assert.equal(hex(target), `00${Buffer.from(text).toString('hex')}00`)
      }),
    )
  })
})
