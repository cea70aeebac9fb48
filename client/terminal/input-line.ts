import { graphemesOf, widthOf } from './cells.ts'
import type { Key } from './keys.ts'

/** What is being typed. Pure: every key gives a new line. */
export interface InputLine {
  readonly before: string
  readonly after: string
  /** What was said before, oldest first. */
  readonly history: readonly string[]
  /** Index in `history` while leafing through it; `draft` waits meanwhile. */
  readonly at: number | undefined
  readonly draft: string
}

export const emptyLine: InputLine = { before: '', after: '', history: [], at: undefined, draft: '' }

const historyMax = 100

export const textOfLine = ({ before, after }: InputLine): string => before + after

/** The line after a key; undefined when the key means nothing to it. */
export const edit = (line: InputLine, key: Key): InputLine | undefined => {
  if (key.kind === 'text') return { ...line, before: line.before + key.text.replace(/\r\n?/g, '\n') }
  return edits[key.name]?.(line)
}

/** Empties the line and remembers what it held. */
export const submitted = (line: InputLine): InputLine => {
  const text = textOfLine(line)
  const history = text.trim() === '' || line.history.at(-1) === text ? line.history : [...line.history, text]
  return { ...emptyLine, history: history.slice(-historyMax) }
}

/** The part that fits into `width` columns, and where the cursor stands in it. Line feeds show as `⏎`. */
export const windowOf = ({ before, after }: InputLine, width: number): { text: string; cursor: number } => {
  const left = graphemesOf(before.replaceAll('\n', '⏎'))
  let columns = 0
  let start = left.length
  while (start > 0) {
    const wide = widthOf(left[start - 1]!)
    if (columns + wide > width - 1) break
    columns += wide
    start -= 1
  }
  let text = left.slice(start).join('')
  let used = columns
  for (const grapheme of graphemesOf(after.replaceAll('\n', '⏎'))) {
    used += widthOf(grapheme)
    if (used > width) break
    text += grapheme
  }
  return { text, cursor: columns }
}

type Edit = (line: InputLine) => InputLine

const withoutLast = (text: string): string => graphemesOf(text).slice(0, -1).join('')
const withoutFirst = (text: string): string => graphemesOf(text).slice(1).join('')
const lastWord = (text: string): string => /\S*\s*$/.exec(text)?.[0] ?? ''
const firstWord = (text: string): string => /^\s*\S*/.exec(text)?.[0] ?? ''

const move = (line: InputLine, before: string): InputLine => {
  const text = textOfLine(line)
  return { ...line, before, after: text.slice(before.length) }
}

const leaf = (line: InputLine, step: -1 | 1): InputLine => {
  const at = (line.at ?? line.history.length) + step
  if (at < 0 || at > line.history.length) return line
  const draft = line.at === undefined ? textOfLine(line) : line.draft
  if (at === line.history.length) return { ...line, at: undefined, before: draft, after: '', draft: '' }
  return { ...line, at, draft, before: line.history[at]!, after: '' }
}

const edits: Readonly<Record<string, Edit>> = {
  backspace: (line) => ({ ...line, before: withoutLast(line.before) }),
  delete: (line) => ({ ...line, after: withoutFirst(line.after) }),
  left: (line) => move(line, withoutLast(line.before)),
  right: (line) => move(line, line.before + (graphemesOf(line.after)[0] ?? '')),
  home: (line) => move(line, ''),
  end: (line) => move(line, textOfLine(line)),
  'ctrl-a': (line) => move(line, ''),
  'ctrl-e': (line) => move(line, textOfLine(line)),
  'alt-b': (line) => move(line, line.before.slice(0, line.before.length - lastWord(line.before).length)),
  'alt-f': (line) => move(line, line.before + firstWord(line.after)),
  'ctrl-w': (line) => ({ ...line, before: line.before.slice(0, line.before.length - lastWord(line.before).length) }),
  'ctrl-k': (line) => ({ ...line, after: '' }),
  'alt-enter': (line) => ({ ...line, before: `${line.before}\n` }),
  up: (line) => leaf(line, -1),
  down: (line) => leaf(line, 1),
}
