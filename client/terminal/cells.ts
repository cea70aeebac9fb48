import stringWidth from 'string-width'

/** Columns that a text takes in a terminal: two for wide characters and emoji, none for combining marks. */
export const widthOf = (text: string): number => (isPlain(text) ? text.length : stringWidth(text))

/** What a person takes for one character; the few that are wider than two columns in pieces of at most two. */
export const graphemesOf = (text: string): string[] =>
  isPlain(text)
    ? text.split('')
    : Array.from(segmenter.segment(text), ({ segment }) => segment).flatMap((segment) =>
        stringWidth(segment) <= 2 ? [segment] : Array.from(segment),
      )

/** Exactly `width` columns: cut with an ellipsis, or filled with spaces. */
export const fit = (text: string, width: number): string => {
  const cut = truncate(text, width)
  return cut + ' '.repeat(Math.max(0, width - widthOf(cut)))
}

/** At most `width` columns. */
export const truncate = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text
  if (width <= 0) return ''
  let kept = ''
  let columns = 0
  for (const grapheme of graphemesOf(text)) {
    columns += widthOf(grapheme)
    if (columns > width - 1) break
    kept += grapheme
  }
  return `${kept}…`
}

/** Breaks at spaces, and inside words that are longer than a line. No line is wider than `width` (at least 2). */
export const wrap = (text: string, width: number): string[] =>
  text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, Math.max(2, width)))

const wrapParagraph = (paragraph: string, width: number): string[] => {
  if (widthOf(paragraph) <= width) return [paragraph]
  const lines: string[] = []
  let line = ''
  let columns = 0
  const breakLine = (): void => {
    lines.push(line.trimEnd())
    line = ''
    columns = 0
  }
  for (const word of paragraph.split(/(?<= )(?=[^ ])/)) {
    if (columns > 0 && columns + widthOf(word.trimEnd()) > width) breakLine()
    for (const grapheme of graphemesOf(word)) {
      const wide = widthOf(grapheme)
      if (columns + wide > width) {
        if (grapheme === ' ') continue
        breakLine()
      }
      line += grapheme
      columns += wide
    }
  }
  breakLine()
  return lines
}

// oxlint-disable-next-line no-control-regex
const isPlain = (text: string): boolean => /^[\u0020-\u007e]*$/.test(text)

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
