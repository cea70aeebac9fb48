import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { paintFor } from '../../../../node/cli/io.ts'
import { bytesText, jsonText, printable, recordText, tableText } from '../../../../node/cli/print.ts'

const plain = paintFor(false)

describe('what the command line prints', () => {
  it('is a table with its columns lined up', () => {
    const columns = [
      { key: 'user', title: 'USER' },
      { key: 'n', title: 'N', kind: 'number' as const },
      { key: 'on', title: 'ON', kind: 'flag' as const },
      { key: 'tags', title: 'TAGS' },
    ]
    const rows = [
      { user: 'alice', n: 5, on: true, tags: ['a', 'b'] },
      { user: 'bo', n: 1234, on: false, tags: [] },
    ]
    assert.equal(
      tableText(columns, rows, plain),
      ['USER      N  ON   TAGS', 'alice     5  yes  a, b', 'bo     1234       -'].join('\n'),
    )
  })

  it('is a record with nested ones below, and nothing for what is absent', () => {
    const record = { name: 'home', addresses: { mqtt: 'x' }, list: [{ a: 1, b: false }], gone: undefined }
    assert.equal(recordText(record, plain), ['name       home', 'addresses', '  mqtt  x', 'list', '  1'].join('\n'))
  })

  it('never lets the text of others steer the terminal', () => {
    const table = tableText([{ key: 'a', title: 'A' }], [{ a: '\u001B[31mred\u0007\u202Ereversed\nline' }], plain)
    assert.equal(table, 'A\n [31mred  reversed line')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0x2fff })), (characters) => {
        const text = String.fromCodePoint(...characters)
        assert.doesNotMatch(printable(text), /\p{Cc}|[\u202A-\u202E\u2066-\u2069]/u)
      }),
    )
  })

  it('has colour only when asked for', () => {
    assert.equal(plain.red('x'), 'x')
    assert.equal(paintFor(true).red('x'), '\u001B[31mx\u001B[39m')
  })

  it('writes sizes for people and JSON on one line for programs', () => {
    assert.deepEqual([0, 1023, 1536, 5 * 1024 ** 3].map(bytesText), ['0 B', '1023 B', '1.5 KiB', '5.0 GiB'])
    assert.equal(jsonText({ a: [1] }, {}), '{"a":[1]}')
    assert.match(jsonText({ a: [1] }, { isTTY: true }), /\n/)
  })
})
