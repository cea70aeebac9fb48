import assert from 'node:assert/strict'
import { complete, type Completion } from '../../../../client/terminal/completion.ts'
import { emptyLine, textOfLine } from '../../../../client/terminal/input-line.ts'

const candidates = {
  names: ['bob', 'Bonnie', 'carol@far.example'],
  commands: ['react', 'reply', 'quit'],
  channels: ['general', 'games'],
}
const line = (before: string, after = '') => ({ ...emptyLine, before, after })

/** What so many Tabs make of it. */
const tabs = (before: string, times: number, after = ''): string => {
  let last: Completion | undefined
  let now = line(before, after)
  for (let i = 0; i < times; i++) {
    last = complete(now, candidates, last)
    now = last?.line ?? now
  }
  return textOfLine(now)
}

describe('completion in the terminal', () => {
  for (const [before, times, expected] of [
    ['bo', 1, '@bob '],
    ['bo', 2, '@Bonnie '],
    ['bo', 3, '@bob '],
    ['hi @b', 1, 'hi @bob '],
    ['hi @CAR', 1, 'hi @carol@far.example '],
    ['ask @', 3, 'ask @carol@far.example '],
    ['/re', 2, '/reply '],
    ['/go #ga', 1, '/go #games '],
    ['say /re', 1, 'say /re'],
    ['nobody', 1, 'nobody'],
    ['hi ', 1, 'hi '],
  ] as const) {
    it(`${JSON.stringify(before)} and ${times} Tab is ${JSON.stringify(expected)}`, () =>
      assert.equal(tabs(before, times), expected))
  }

  it('stands where the cursor is, and begins anew when something was typed', () => {
    assert.equal(tabs('hi bo', 1, ' there'), 'hi @bob there')
    const first = complete(line('bo'), candidates, undefined)
    assert.ok(first)
    assert.equal(complete(line(`${first.line.before}ca`), candidates, first)?.line.before, '@bob @carol@far.example ')
  })
})
