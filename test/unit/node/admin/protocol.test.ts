import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  decodeReply,
  decodeRequest,
  encodeLine,
  errorFrom,
  errorReply,
  linesOf,
} from '../../../../node/admin/protocol.ts'
import { HearthError } from '../../../../spec/errors.ts'

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0
  for (let turn = 0; from < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(from, from + size)
    from += size
  }
}

describe('the admin protocol', () => {
  it('reads back what it writes', () => {
    const request = { id: 1, call: 'user add', input: { user: 'alice' } }
    assert.deepEqual(decodeRequest(encodeLine(request)), request)
    const reply = { id: 1, progress: { done: 1, total: 2, text: 'x' } }
    assert.deepEqual(decodeReply(encodeLine(reply)), reply)
  })

  it('refuses everything else by name', () => {
    assert.throws(() => decodeRequest('nonsense'), { code: 'JSON_INVALID' })
    for (const line of ['[]', '{}', '{"id":0,"call":"x","input":{}}', '{"id":1,"call":"x","input":{},"more":1}']) {
      assert.throws(() => decodeRequest(line), { code: 'BAD_REQUEST' }, line)
    }
  })

  it('no line crashes the decoders', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        for (const decode of [decodeRequest, decodeReply]) {
          try {
            decode(line)
          } catch (error) {
            assert.ok(error instanceof HearthError)
          }
        }
      }),
    )
  })

  it('finds the same lines however the bytes are cut', async () => {
    const line = fc.string().map((text) => text.replaceAll('\n', ' ').toWellFormed())
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (lines, sizes) => {
          const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''))
          const found: string[] = []
          for await (const one of linesOf(chunksOf(bytes, sizes), 1_000)) found.push(one)
          assert.deepEqual(found, lines)
        },
      ),
    )
  })

  it('ends at a line that is too long, whole or unfinished', async () => {
    for (const text of [`${'x'.repeat(101)}\n`, 'x'.repeat(101)]) {
      const lines = linesOf(chunksOf(Buffer.from(text), [30]), 100)
      await assert.rejects(lines.next(), { code: 'PACKET_TOO_LARGE' })
    }
    const fits = linesOf(chunksOf(Buffer.from(`${'x'.repeat(100)}\n`), [30]), 100)
    assert.equal((await fits.next()).value, 'x'.repeat(100))
  })

  it('carries named errors, and of others nothing', () => {
    assert.deepEqual(errorReply(7, new HearthError('NOT_FOUND', 'no bob')), {
      id: 7,
      error: { code: 'NOT_FOUND', message: 'no bob' },
    })
    assert.doesNotMatch(JSON.stringify(errorReply(7, new Error('password hunter2'))), /hunter2/)
    assert.equal(errorFrom({ code: 'EXISTS', message: 'x' }).code, 'EXISTS')
    assert.equal(errorFrom({ code: 'toString', message: 'x' }).code, 'INTERNAL')
  })
})
