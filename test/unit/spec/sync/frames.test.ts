import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { encodeCbor, type CborValue } from '../../../../spec/cbor.ts'
import { limits } from '../../../../spec/limits.ts'
import { decodeFrame } from '../../../../spec/sync/decode.ts'
import { encodeFrame } from '../../../../spec/sync/encode.ts'
import { frameTypes } from '../../../../spec/sync/frames.ts'
import { samples } from './samples.ts'

interface Vectors {
  readonly valid: readonly { readonly frame: string; readonly hex: string }[]
  readonly invalid: readonly { readonly why: string; readonly hex: string }[]
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../../spec/vectors/sync/frames.json', import.meta.url), 'utf8'),
) as Vectors

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, item: unknown) =>
      item instanceof Uint8Array || Buffer.isBuffer(item)
        ? Buffer.from(item).toString('hex')
        : item instanceof Map
          ? [...item]
          : item,
    ),
  )
const refused = (bytes: Uint8Array): void => assert.throws(() => decodeFrame(bytes), { code: 'FRAME_INVALID' })

// SYNC-1
describe('frames of sync', () => {
  it('come back as they were, each type of them', () => {
    assert.deepEqual(new Set(samples.map(({ type }) => type)), new Set(Object.keys(frameTypes)))
    for (const frame of samples) {
      const encoded = encodeFrame(frame)
      assert.deepEqual(plain(decodeFrame(encoded)), plain(frame))
      assert.deepEqual(encodeFrame(decodeFrame(encoded) as typeof frame), encoded)
    }
  })

  it('are those of the vectors', () => {
    assert.deepEqual(
      vectors.valid.map(({ hex }) => hex),
      samples.map((frame) => Buffer.from(encodeFrame(frame)).toString('hex')),
    )
    for (const { hex, why } of vectors.invalid) {
      assert.throws(() => decodeFrame(Buffer.from(hex, 'hex')), { code: 'FRAME_INVALID' }, why)
    }
  })

  it('with a flipped bit, cut short or longer never crash the decoder', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.nat(), fc.nat(7), fc.nat(), (frame, at, bit, cut) => {
        const bytes = Uint8Array.from(encodeFrame(frame))
        bytes[at % bytes.length]! ^= 1 << bit
        for (const damaged of [bytes, bytes.subarray(0, cut % bytes.length), Buffer.concat([bytes, bytes])]) {
          try {
            decodeFrame(damaged)
          } catch (error) {
            assert.equal((error as { code?: string }).code, 'FRAME_INVALID')
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('of arbitrary bytes never crash the decoder', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(frameTypes)), fc.uint8Array({ maxLength: 200 }), (type, bytes) => {
        for (const frame of [
          bytes,
          Buffer.concat([encodeCbor([type]), bytes]),
          Buffer.concat([Buffer.from([0x89, 0x18, type]), bytes]),
        ]) {
          try {
            decodeFrame(frame)
          } catch (error) {
            assert.equal((error as { code?: string }).code, 'FRAME_INVALID')
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('of a later version are passed over, and so are its fields', () => {
    assert.deepEqual(decodeFrame(encodeCbor([30, 'news'])), { type: 'unknown' })
    assert.deepEqual(decodeFrame(encodeCbor([frameTypes.cancel, 4, 'more'])), { type: 'cancel', id: 4 })
  })

  it('past a limit are refused', () => {
    const bytes = (length: number): Uint8Array => new Uint8Array(length)
    const frames: CborValue[] = [
      [frameTypes.summary, bytes(31)],
      [frameTypes.servers, Array.from({ length: 1_001 }, () => [bytes(32), bytes(16), bytes(32)])],
      [frameTypes.want, 1, bytes(16), 1, 65_537, false],
      [frameTypes.want, 1, bytes(16), 2, 1, false],
      [frameTypes.whisper, 'typing', bytes(65), bytes(1)],
      [frameTypes.whisper, 'typing', bytes(1), bytes(4_097)],
      [frameTypes.whisper, 'Typing', bytes(1), bytes(1)],
      [frameTypes.nack, bytes(16), 1, 'CODE', 'x'.repeat(201)],
      [frameTypes.ack, bytes(16), 0],
    ]
    for (const frame of frames) refused(encodeCbor(frame))
    refused(new Uint8Array(limits.frameBytesMax + 1))
  })
})
