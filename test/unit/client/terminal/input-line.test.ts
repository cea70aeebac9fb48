import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { widthOf } from '../../../../client/terminal/cells.ts'
import {
  edit,
  emptyLine,
  submitted,
  textOfLine,
  windowOf,
  type InputLine,
} from '../../../../client/terminal/input-line.ts'
import type { Key } from '../../../../client/terminal/keys.ts'

const type = (line: InputLine, ...keys: readonly string[]): InputLine => {
  let typed = line
  for (const key of keys) {
    const one: Key = key.startsWith('<')
      ? { kind: 'key', name: key.slice(1, -1) }
      : { kind: 'text', text: key, pasted: false }
    typed = edit(typed, one) ?? typed
  }
  return typed
}

describe('terminal input line', () => {
  it('edits by what a person takes for characters', () => {
    assert.equal(textOfLine(type(emptyLine, 'a👨‍👩‍👧', '<backspace>', 'b')), 'ab')
    assert.equal(textOfLine(type(emptyLine, 'ac', '<left>', 'b', '<end>', 'd', '<home>', '_')), '_abcd')
    assert.equal(textOfLine(type(emptyLine, 'one two three', '<alt-b>', '<ctrl-w>')), 'one three')
    assert.equal(textOfLine(type(emptyLine, 'one two', '<home>', '<alt-f>', '<ctrl-k>')), 'one')
    assert.equal(textOfLine(type(emptyLine, 'a', '<alt-enter>', 'b')), 'a\nb')
  })

  it('leafs through what was said, and back to the draft', () => {
    const line = type(submitted(type(submitted(type(emptyLine, 'first')), 'second')), 'draft')
    assert.equal(textOfLine(type(line, '<up>')), 'second')
    assert.equal(textOfLine(type(line, '<up>', '<up>', '<up>')), 'first')
    assert.equal(textOfLine(type(line, '<up>', '<up>', '<down>', '<down>')), 'draft')
  })

  it('keeps the cursor in the window, whatever is typed', () => {
    const key = fc.constantFrom('a', '你', '👍', '<left>', '<right>', '<home>', '<end>', '<backspace>', '<alt-enter>')
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), fc.integer({ min: 4, max: 20 }), (keys, width) => {
        const { text, cursor } = windowOf(type(emptyLine, ...keys), width)
        assert.ok(widthOf(text) <= width)
        assert.ok(cursor < width && cursor >= 0)
      }),
    )
  })
})
