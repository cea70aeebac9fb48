import { widthOf } from './cells.ts'
import type { Frame, Size } from './layout.ts'
import type { Row, Style } from './rows.ts'

/** What the screen needs of `process.stdout`. */
export interface ScreenOutput {
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  write(text: string): unknown
}

export interface Screen {
  readonly size: Size
  /** Takes the terminal: alternate screen, bracketed paste, no automatic wrapping. */
  open(): void
  /** Writes only the rows that changed, in one write. Nothing while it is not open: a late drawing spares the shell. */
  draw(frame: Frame): void
  /** Forgets what is shown: after a resize the terminal has moved it about. */
  invalidate(): void
  /** Somebody wants something: the terminal says so as it is set up to. */
  bell(): void
  /** Gives the terminal back as it was. */
  close(): void
}

/** `colors` false (NO_COLOR): weight and inversion only. */
export const createScreen = (output: ScreenOutput, { colors }: { readonly colors: boolean }): Screen => {
  const codes = colors ? coloured : plain
  let shown: string[] = []
  let isOpen = false
  return {
    get size() {
      return { columns: output.columns ?? 80, rows: output.rows ?? 24 }
    },
    open: () => {
      isOpen = true
      output.write('\u001b[?1049h\u001b[?7l\u001b[?2004h\u001b[2J')
    },
    draw: ({ rows, cursor }) => {
      if (!isOpen) return
      const lines = rows.map((row) => encodeRow(row, codes))
      const changed = lines
        .map((line, index) => (line === shown[index] ? '' : `\u001b[${index + 1};1H\u001b[0m\u001b[2K${line}\u001b[0m`))
        .join('')
      shown = lines
      const place = `\u001b[${cursor.row + 1};${cursor.column + 1}H`
      output.write(`\u001b[?2026h${changed === '' ? '' : `\u001b[?25l${changed}`}${place}\u001b[?25h\u001b[?2026l`)
    },
    invalidate: () => {
      if (!isOpen) return
      shown = []
      output.write('\u001b[2J')
    },
    bell: () => {
      if (isOpen) output.write('\u0007')
    },
    close: () => {
      isOpen = false
      output.write('\u001b[0m\u001b[?2004l\u001b[?7h\u001b[?1049l\u001b[?25h')
    },
  }
}

/**
 * The column is set anew after each span that is not plain ASCII: where this terminal and we disagree about the
 * width of a character, the rest of the row still stands where it should.
 */
const encodeRow = (row: Row, codes: Readonly<Record<Style, string>>): string => {
  let column = 1
  let encoded = ''
  for (const { text, style } of row) {
    const safe = text.replace(controls, '\ufffd')
    column += widthOf(safe)
    encoded += codes[style] === '' ? safe : `\u001b[${codes[style]}m${safe}\u001b[0m`
    if (safe.length !== widthOf(safe) || !ascii.test(safe)) encoded += `\u001b[${column}G`
  }
  return encoded
}

// Everything was cleaned before it came here; what was forgotten still moves no cursor.
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f]/g
const ascii = /^[ -~]*$/

const coloured: Readonly<Record<Style, string>> = {
  plain: '',
  dim: '2',
  bold: '1',
  inverse: '7',
  author: '1;36',
  own: '1;32',
  unread: '1;33',
  mention: '1;35',
  good: '32',
  warning: '33',
  failed: '31',
}

const plain: Readonly<Record<Style, string>> = {
  ...coloured,
  author: '1',
  own: '1',
  unread: '1',
  mention: '1;4',
  good: '',
  warning: '',
  failed: '1',
}
