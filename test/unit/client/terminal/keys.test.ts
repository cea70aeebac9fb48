import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { createKeyDecoder, type Key } from '../../../../client/terminal/keys.ts'

const decodeInChunks = (bytes: Uint8Array, cuts: readonly number[]): Key[] => {
  const decode = createKeyDecoder()
  const bounds = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return bounds.slice(1).flatMap((end, index) => decode(bytes.subarray(bounds[index], end)))
}
const typed = (keys: readonly Key[]): string =>
  keys.map((key) => (key.kind === 'text' ? key.text : `<${key.name}>`)).join('')

describe('terminal keys', () => {
  it('reads text and keys from one chunk', () => {
    const keys = decodeInChunks(Buffer.from('hé\u001b[A\u000e\u001ba\u001b[5~\r\t\u007f\u001b[1;5D\u001bOH'), [])
    assert.equal(typed(keys), 'hé<up><ctrl-n><alt-a><page-up><enter><tab><backspace><alt-b><home>')
  })

  it('reads characters that are cut anywhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat()), (text, cuts) => {
        // oxlint-disable-next-line no-control-regex
        const plain = text.replaceAll(/[\u0000-\u001f\u007f]/g, '')
        assert.equal(typed(decodeInChunks(Buffer.from(plain), cuts)), plain)
      }),
    )
  })

  it('keeps a paste together, with its line feeds, in however many chunks it comes', () => {
    const bytes = Buffer.from('\u001b[200~one\ntwo\u001b[201~x')
    for (let cut = 3; cut < bytes.length; cut += 1) {
      const keys = decodeInChunks(bytes, [cut])
      assert.deepEqual(keys[0], { kind: 'text', text: 'one\ntwo', pasted: true })
      assert.equal(typed(keys.slice(1)), 'x')
    }
  })

  it('survives any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), fc.array(fc.nat()), (bytes, cuts) => void decodeInChunks(bytes, cuts)))
  })

  it('takes a lone escape for the key', () =>
    assert.equal(typed(decodeInChunks(Buffer.from('\u001b'), [])), '<escape>'))
})
