import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { errorTable, HearthError } from '../../../spec/errors.ts'
import { limits } from '../../../spec/limits.ts'

/** Rows of a chapter's table that begin with a code span; cells without the back quotes. */
const rowsOf = (chapter: string): string[][] =>
  readFileSync(new URL(`../../../spec/${chapter}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(2, -2).split(' | '))
    .map(([name = '', ...cells]) => [name.replaceAll('`', ''), ...cells])

describe('spec/errors.md', () => {
  // ERR-1, ERR-2
  it('has the table of errors.ts', () => {
    const inCode = Object.entries(errorTable).map(([code, { mqtt, http, exit, text }]) => [
      code,
      `0x${mqtt.toString(16)}`,
      String(http),
      String(exit),
      text,
    ])
    assert.deepEqual(rowsOf('errors.md'), inCode)
  })

  // ERR-1
  it('gives every code a reason code that MQTT 5 has, an error status and an exit code', () => {
    for (const [code, { mqtt, http, exit }] of Object.entries(errorTable)) {
      assert.match(code, /^[A-Z][A-Z0-9_]+$/)
      assert.ok(mqtt >= 0x80 && mqtt <= 0xa2 && http >= 400 && http < 600 && exit >= 1 && exit <= 6, code)
    }
    assert.equal(new HearthError('NOT_FOUND').message, errorTable.NOT_FOUND.text)
    assert.equal(new HearthError('NOT_FOUND', 'no such channel').code, 'NOT_FOUND')
  })
})

describe('spec/limits.md', () => {
  // LIMIT-1, LIMIT-2
  it('has the table of limits.ts, with what each one bounds', () => {
    const rows = rowsOf('limits.md')
    assert.deepEqual(
      rows.map(([name, value]) => [name, value]),
      Object.entries(limits).map(([name, value]) => [name, String(value)]),
    )
    for (const [name, , meaning] of rows) assert.ok(meaning, name)
  })
})
