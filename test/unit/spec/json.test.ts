import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { HearthError } from '../../../spec/errors.ts'
import { decodeJson } from '../../../spec/json.ts'
import { limits } from '../../../spec/limits.ts'
import { unhex } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly valid: readonly { readonly hex: string; readonly value: unknown }[]
  readonly invalid: readonly { readonly hex: string; readonly code: string; readonly why: string }[]
}

const fails = (bytes: Uint8Array, code: string): void =>
  assert.throws(
    () => decodeJson(bytes),
    (error) => error instanceof HearthError && error.code === code,
  )

describe('JSON from outside', () => {
  const { valid, invalid } = readVectors('json') as Vectors

  // ENC-8, ENC-9, ENC-10, ENC-11, ENC-12
  it('reads every valid vector', () => {
    for (const { hex, value } of valid) assert.deepEqual(decodeJson(unhex(hex)), value)
  })

  for (const { hex, code, why } of invalid) {
    it(`threat 35: ${why} is ${code}`, () => fails(unhex(hex), code))
  }

  // ENC-8
  it('threat 35: size and depth are checked before anything is built', () => {
    fails(new Uint8Array(limits.packetBytesMax + 1), 'PACKET_TOO_LARGE')
    fails(Buffer.from('['.repeat(limits.packetBytesMax)), 'JSON_TOO_DEEP')
    fails(Buffer.from('{"a":'.repeat(10_000)), 'JSON_TOO_DEEP')
    const wide = Buffer.from(`[${'[],'.repeat(20_000)}[]]`)
    assert.equal((decodeJson(wide) as unknown[]).length, 20_001)
  })

  it('reads what JSON.stringify wrote', () => {
    const value = fc
      .jsonValue({ maxDepth: 10, stringUnit: 'binary' })
      .filter((value) => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(value, (value) => {
        const text = JSON.stringify(value)
        assert.deepEqual(decodeJson(Buffer.from(text)), JSON.parse(text))
      }),
    )
  })

  it('answers arbitrary bytes with a value or a name', () => {
    const noise = fc
      .string({
        unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'u', '1', 'e', '-', '.', 'd', 't', ' '),
      })
      .map((text) => new Uint8Array(Buffer.from(text)))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), noise), (bytes) => {
        try {
          JSON.stringify(decodeJson(bytes))
        } catch (error) {
          assert.ok(error instanceof HearthError, String(error))
        }
      }),
      { numRuns: 500 },
    )
  })
})
