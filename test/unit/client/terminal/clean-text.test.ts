import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { cleanLine, cleanText } from '../../../../client/terminal/clean-text.ts'

/** Everything below 0x20 but the line feed, delete, and the eight-bit controls. */
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/
const bidi = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

describe('terminal clean text', () => {
  it('lets no control character, override or lone surrogate through, whatever is written', () => {
    const hostile = fc.oneof(
      fc.array(fc.nat({ max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.array(fc.nat({ max: 0xa0 })).map((units) => String.fromCharCode(...units)),
      fc.constantFrom('\u001b[2J', '\u001b]0;title\u0007', '\u009b31m', '\r', '\b\b\b', '\u202e', '\ud800', '\u0085'),
    )
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 8 }), (parts) => {
        const clean = cleanText(parts.join(''))
        assert.doesNotMatch(clean, control)
        assert.doesNotMatch(clean, bidi)
        assert.ok(clean.isWellFormed())
        assert.doesNotMatch(cleanLine(parts.join('')), /\n/)
      }),
    )
  })

  const cases = [
    ['a cursor movement', 'a\u001b[2Jb', 'a␛[2Jb'],
    ['a title', '\u001b]0;pwned\u0007', '␛]0;pwned␇'],
    ['an eight-bit sequence', '\u009b2J', '\ufffd2J'],
    ['a line that overwrites itself', 'good\rbad', 'good\nbad'],
    ['a line that ends as in Windows', 'a\r\nb', 'a\nb'],
    ['backspaces', 'abc\b\bx', 'abc␈␈x'],
    ['a turned reading direction', 'file\u202egpj.exe', 'filegpj.exe'],
    ['marks stacked over the line above', `e${'\u0301'.repeat(40)}`, `e${'\u0301'.repeat(4)}`],
    ['a tab', 'a\tb', 'a    b'],
  ] as const
  for (const [what, hostile, clean] of cases) it(`disarms ${what}`, () => assert.equal(cleanText(hostile), clean))

  for (const text of ['grüße, 你好, שלום', '👨‍👩‍👧 🇨🇭 ☺️ 👍🏽', 'नमस्ते ไทย', 'two\nlines'])
    it(`leaves ${JSON.stringify(text)} as it is`, () => assert.equal(cleanText(text), text))
})
