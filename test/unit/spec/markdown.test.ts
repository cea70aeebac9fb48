import assert from 'node:assert/strict'
import fc from 'fast-check'
import { plainText, segmentsOf } from '../../../spec/markdown.ts'
import { namesIn } from '../../../spec/mentions.ts'
import { readVectors } from '../../support/vectors/read.ts'

const { cases } = readVectors('markdown') as {
  readonly cases: readonly { readonly text: string; readonly plain: string; readonly names: readonly string[][] }[]
}

describe('Markdown, as far as nodes read it', () => {
  for (const { text, plain, names } of cases) {
    it(`MSGS-1 to MSGS-3: ${JSON.stringify(text)}`, () => {
      assert.equal(plainText(text), plain)
      assert.deepEqual(namesIn(text), names)
    })
  }

  it('whatever the text, nothing is made up: all that is left was there, in that order, but for the brackets of links', () => {
    const marks = fc.string({ unit: fc.constantFrom(...'`*_~[]()<>#\\@ab \n'.split(''), 'http:') })
    fc.assert(
      fc.property(fc.oneof(marks, fc.string({ unit: 'binary' })), (text) => {
        let at = 0
        for (const char of plainText(text).replaceAll(/[ ()]/g, '')) {
          at = text.indexOf(char, at) + char.length
          assert.ok(at > 0)
        }
        for (const { text: piece } of segmentsOf(text)) assert.ok(text.includes(piece) && piece !== '')
        for (const [name = ''] of namesIn(text)) assert.ok(text.toLowerCase().includes(`@${name}`))
      }),
    )
  })

  it('threat 34: pump strings of 100 kB take work in proportion to their length', () => {
    const pumps = [
      '`',
      '*',
      '_',
      '~~',
      '[',
      '](',
      '<http:',
      '\\',
      '@',
      '@a',
      '@a@',
      '\n#',
      '```\n',
      '`a``b```c',
      '[a](b',
      '![',
      '**a ',
      '> ',
      '@a.',
      '~~~\n',
      ' *a',
      '(',
      '@a@b.',
      '<',
      'a',
    ]
    const growing = Array.from({ length: 440 }, (_, i) => `${'`'.repeat(i + 1)}a`).join('')
    // were it the square of the length, one of them would take longer than the whole suite may
    for (const text of [growing, ...pumps.map((pump) => `${pump.repeat(100_000 / pump.length)}\`x>)`)]) {
      assert.ok(plainText(text).length <= 1.5 * text.length)
      assert.ok(namesIn(text).length <= text.length)
    }
  }).timeout(10_000)
})
