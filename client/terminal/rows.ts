import { fit, truncate, widthOf } from './cells.ts'

/** What a piece of text means; the screen decides how that looks. */
export type Style =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'inverse'
  | 'author'
  | 'own'
  | 'unread'
  | 'mention'
  | 'good'
  | 'warning'
  | 'failed'

export interface Span {
  readonly text: string
  readonly style: Style
}

/** One line of the screen, left to right. */
export type Row = readonly Span[]

export const span = (text: string, style: Style = 'plain'): Span => ({ text, style })

export const textOfRow = (row: Row): string => row.map(({ text }) => text).join('')

/** Exactly `width` columns. */
export const fitRow = (row: Row, width: number): Row => {
  const fitted: Span[] = []
  let left = width
  for (const { text, style } of row) {
    if (left === 0) break
    const cut = truncate(text, left)
    fitted.push({ text: cut, style })
    left -= widthOf(cut)
  }
  return left > 0 ? [...fitted, span(' '.repeat(left))] : fitted
}

/** `── text ─────` */
export const rule = (text: string, width: number, style: Style): Row => [
  span(fit(`── ${text} ${'─'.repeat(Math.max(0, width - widthOf(text) - 4))}`, width), style),
]
