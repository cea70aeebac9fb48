import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { fit, truncate, widthOf, wrap } from '../../../../client/terminal/cells.ts'
import { cleanText } from '../../../../client/terminal/clean-text.ts'

const someText = fc
  .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('你好', '👨‍👩‍👧', ' ', '  ', '\n', 'word', 'e\u0301')))
  .map((parts) => cleanText(parts.join('')))

describe('terminal cells', () => {
  it('wraps into lines that fit, and loses nothing but spaces', () => {
    fc.assert(
      fc.property(someText, fc.integer({ min: 2, max: 40 }), (text, width) => {
        const lines = wrap(text, width)
        for (const line of lines) assert.ok(widthOf(line) <= width, `${JSON.stringify(line)} is wider than ${width}`)
        assert.equal(lines.join('').replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''))
      }),
    )
  })

  it('fits any text into exactly that many columns', () => {
    fc.assert(
      fc.property(someText, fc.nat({ max: 40 }), (text, width) => {
        const line = text.replaceAll('\n', ' ')
        assert.equal(widthOf(fit(line, width)), width)
        assert.ok(widthOf(truncate(line, width)) <= width)
      }),
    )
  })

  it('breaks at spaces, and inside words that are too long', () => {
    assert.deepEqual(wrap('the quick brown fox', 10), ['the quick', 'brown fox'])
    assert.deepEqual(wrap('abcdefghijkl mn', 5), ['abcde', 'fghij', 'kl mn'])
    assert.deepEqual(wrap('一二三四', 5), ['一二', '三四'])
    assert.deepEqual(wrap('a\n\nb', 5), ['a', '', 'b'])
  })
})
