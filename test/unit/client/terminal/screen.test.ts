import assert from 'node:assert/strict'
import { createScreen } from '../../../../client/terminal/screen.ts'
import { span, type Row } from '../../../../client/terminal/rows.ts'

const capture = () => {
  const writes: string[] = []
  const screen = createScreen({ columns: 20, rows: 3, write: (text) => writes.push(text) }, { colors: false })
  screen.open()
  writes.length = 0
  const draw = (...rows: Row[]): string => {
    screen.draw({ rows, cursor: { row: 0, column: 0 } })
    return writes.at(-1) ?? ''
  }
  return { screen, writes, draw }
}

describe('terminal screen', () => {
  it('writes only the rows that changed, in one write', () => {
    const { draw, writes } = capture()
    draw([span('one')], [span('two')])
    const second = draw([span('one')], [span('TWO')])
    assert.equal(writes.length, 2)
    assert.ok(second.includes('TWO') && !second.includes('one'))
  })

  it('writes all of it again after a resize', () => {
    const { draw, screen } = capture()
    draw([span('one')])
    screen.invalidate()
    assert.ok(draw([span('one')]).includes('one'))
  })

  it('lets no escape sequence through that somebody forgot to clean', () => {
    const { draw } = capture()
    const written = draw([span('\u001b[2Jx\u009b2J', 'dim')])
    assert.ok(!written.includes('\u001b[2Jx') && !written.includes('\u009b'))
  })

  it('sets the column anew after characters on whose width terminals disagree', () => {
    const { draw } = capture()
    assert.ok(draw([span('👨‍👩‍👧'), span('│')]).includes('👨‍👩‍👧\u001b[3G│'))
  })

  it('draws nothing more once it has given the terminal back', () => {
    const { screen, writes, draw } = capture()
    screen.close()
    const closing = writes.length
    draw([span('late')])
    screen.invalidate()
    assert.equal(writes.length, closing)
  })

  it('gives the terminal back as it was', () => {
    const { screen, writes } = capture()
    screen.open()
    screen.close()
    for (const mode of ['?1049', '?7', '?2004']) {
      const [set, reset] = mode === '?7' ? ['l', 'h'] : ['h', 'l']
      assert.ok(writes[0]?.includes(`\u001b[${mode}${set}`) && writes[1]?.includes(`\u001b[${mode}${reset}`))
    }
  })
})
