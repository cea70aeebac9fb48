import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { z } from 'zod'
import { editDistance, nearest, textToValue } from '../../../../node/config/text.ts'

describe('text as a value', () => {
  it('follows the schema, also below default and optional', () => {
    assert.equal(textToValue(z.int().default(3).optional(), '12'), 12)
    assert.equal(textToValue(z.boolean().default(false), 'yes'), true)
    assert.equal(textToValue(z.boolean(), 'off'), false)
    assert.equal(textToValue(z.string().optional(), '12'), '12')
    assert.deepEqual(textToValue(z.array(z.string()), 'a,,b'), ['a', 'b'])
  })

  it('leaves alone what does not look like one', () => {
    for (const text of ['', ' 1', '1e3', '0x10', 'Infinity', 'NaN', '1_000']) {
      assert.equal(textToValue(z.int(), text), text)
    }
    assert.equal(textToValue(z.boolean(), 'maybe'), 'maybe')
  })
})

describe('did you mean', () => {
  it('finds slips, and not what is far off', () => {
    assert.equal(nearest('usr', ['user', 'log']), 'user')
    assert.equal(nearest('creat', ['create', 'list']), 'create')
    assert.equal(nearest('--jsno', ['--json', '--yes']), '--json')
    assert.equal(nearest('xylophone', ['user', 'log']), undefined)
  })

  it('counts edits: none to itself, the same both ways, at most the longer length', () => {
    const word = fc.string({ maxLength: 12 })
    fc.assert(
      fc.property(word, word, (a, b) => {
        assert.equal(editDistance(a, a), 0)
        assert.equal(editDistance(a, b), editDistance(b, a))
        assert.ok(editDistance(a, b) <= Math.max(a.length, b.length))
      }),
    )
  })
})
