import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { createFrameDecoder, encodeFrames } from '../../../../federation/link/frames.ts'
import { limits } from '../../../../spec/limits.ts'

const frame = fc.uint8Array({ minLength: 1, maxLength: 300 })

describe('federation/link/frames', () => {
  // LINK-5
  it('gives back what was written, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 400 })), (frames, cuts) => {
        const bytes = encodeFrames(frames)
        const decoder = createFrameDecoder()
        const read: Uint8Array[] = []
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          if (at >= bytes.length) break
          read.push(...decoder.push(bytes.subarray(at, at + cut)))
          at += cut
        }
        assert.deepEqual(
          read.map((bytes) => Buffer.from(bytes).toString('hex')),
          frames.map((bytes) => Buffer.from(bytes).toString('hex')),
        )
        assert.equal(decoder.isPartial(), false)
      }),
    )
  })

  // LINK-5
  it('knows a stream that was cut inside a frame', () => {
    const decoder = createFrameDecoder()
    assert.deepEqual(decoder.push(encodeFrames([new Uint8Array(9)]).subarray(0, 12)), [])
    assert.equal(decoder.isPartial(), true)
  })

  // LINK-5
  it('takes a frame of the greatest size and none above, by the length alone', () => {
    const largest = new Uint8Array(limits.frameBytesMax)
    assert.equal(createFrameDecoder().push(encodeFrames([largest]))[0]?.length, limits.frameBytesMax)
    const length = Buffer.alloc(4)
    for (const wrong of [0, limits.frameBytesMax + 1, 0xffffffff]) {
      length.writeUInt32BE(wrong)
      assert.throws(() => createFrameDecoder().push(length), { code: 'FRAME_INVALID' })
    }
    for (const wrong of [0, limits.frameBytesMax + 1]) {
      assert.throws(() => encodeFrames([new Uint8Array(wrong)]), { code: 'FRAME_INVALID' })
    }
  })

  it('any bytes: frames, more to come, or FRAME_INVALID', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          for (const frame of createFrameDecoder().push(bytes)) assert.ok(frame.length > 0)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'FRAME_INVALID')
        }
      }),
    )
  })
})
