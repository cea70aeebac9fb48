/**
 * Texts are Markdown (MSGS-1). What is read of it here is what a node needs: where code stands, and a plain text for
 * `lines`. Every function takes time in proportion to the text, whatever it holds.
 */

/** A piece of a text; pieces of `prose` and `code` alternate as they may, and none is empty. */
export interface Segment {
  readonly kind: 'prose' | 'code'
  readonly text: string
}

/**
 * Splits code from prose: fences of three or more back quotes or tildes on a line of their own, to the closing fence
 * or the end; spans between runs of back quotes of one length within a paragraph. The marks belong to neither.
 */
export const segmentsOf = (text: string): Segment[] => {
  const segments: Segment[] = []
  let prose = ''
  let fenced: { readonly mark: string; lines: string[] } | undefined
  const flush = (): void => {
    if (prose !== '') splitSpans(prose, segments)
    prose = ''
  }
  for (const line of linesOf(text)) {
    const [, mark] = fence.exec(line) ?? []
    if (fenced !== undefined) {
      if (mark !== undefined && mark.startsWith(fenced.mark) && line.trim() === mark) {
        push(segments, 'code', fenced.lines.join(''))
        fenced = undefined
      } else fenced.lines.push(line)
    } else if (mark !== undefined) {
      flush()
      fenced = { mark, lines: [] }
    } else {
      prose += line
      if (line.trim() === '') flush()
    }
  }
  flush()
  if (fenced !== undefined) push(segments, 'code', fenced.lines.join(''))
  return segments
}

/** MSGS-2: the text without its marks, for readers that show none. A link keeps its address. */
export const plainText = (text: string): string => (marks.test(text) ? plainSegments(segmentsOf(text)) : text)

/** With its line end. */
const linesOf = (text: string): string[] => text.split(/(?<=\n)/)

const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/
const marks = /[\\`*_~[<#]/

const push = (segments: Segment[], kind: Segment['kind'], text: string): void => {
  if (text !== '') segments.push({ kind, text })
}

/** Of one paragraph. A run of back quotes without a second one of its length is what it looks like. */
const splitSpans = (text: string, segments: Segment[]): void => {
  const closers = runsByLength(text)
  let from = 0
  let at = 0
  while (at < text.length) {
    if (text[at] === '\\') {
      at += 2
    } else if (text[at] === '`') {
      const end = runEnd(text, at)
      const close = closers(end - at, end)
      if (close !== undefined) {
        push(segments, 'prose', text.slice(from, at))
        push(segments, 'code', text.slice(end, close))
        from = close + end - at
      }
      at = close === undefined ? end : from
    } else at++
  }
  push(segments, 'prose', text.slice(from))
}

/** The first run of a length at or after a place; places must not go down, so that each run is passed once. */
const runsByLength = (text: string): ((length: number, from: number) => number | undefined) => {
  const places = new Map<number, { readonly at: number[]; next: number }>()
  for (let at = text.indexOf('`'); at >= 0; at = text.indexOf('`', runEnd(text, at))) {
    const length = runEnd(text, at) - at
    const runs = places.get(length)
    if (runs === undefined) places.set(length, { at: [at], next: 0 })
    else runs.at.push(at)
  }
  return (length, from) => {
    const runs = places.get(length)
    if (runs === undefined) return undefined
    while ((runs.at[runs.next] ?? Infinity) < from) runs.next++
    return runs.at[runs.next]
  }
}

const runEnd = (text: string, at: number): number => {
  let end = at
  while (text[end] === text[at]) end++
  return end
}

/** Pieces of the output; emphasis that turns out to be closed takes its opening mark back. */
interface Plain {
  readonly out: string[]
  /** Where in `out` the marks stand that may open an emphasis. */
  readonly open: Map<string, number[]>
  readonly brackets: number[]
}

const plainSegments = (segments: readonly Segment[]): string => {
  const plain: Plain = { out: [], open: new Map(), brackets: [] }
  for (const { kind, text } of segments) {
    if (kind === 'code') plain.out.push(text)
    else for (let at = 0; at < text.length;) at = takeMark(plain, text, at)
  }
  return plain.out.join('')
}

/** Returns where the next piece begins. */
const takeMark = (plain: Plain, text: string, at: number): number => {
  const { out, brackets } = plain
  const char = text[at] ?? ''
  switch (char) {
    case '\\':
      if (!escapable.test(text[at + 1] ?? '')) return takeWord(plain, text, at)
      out.push(text[at + 1] ?? '')
      return at + 2
    case '*':
    case '_':
    case '~':
      return takeEmphasis(plain, text, at)
    case '[':
      brackets.push(out.push(char) - 1)
      return at + 1
    case ']':
      return takeLink(plain, text, at)
    case '<': {
      const link = autolink(text, at + 1)
      out.push(link ?? char)
      return at + (link === undefined ? 1 : link.length + 2)
    }
    case '#':
      return takeHeading(plain, text, at)
    default:
      return takeWord(plain, text, at)
  }
}

const takeLink = ({ out, brackets }: Plain, text: string, at: number): number => {
  const start = brackets.pop()
  const link = start === undefined ? undefined : linkAt(text, at + 1)
  if (start === undefined || link === undefined) {
    out.push(']')
    return at + 1
  }
  if (out[start - 1] === '!') out[start - 1] = ''
  out[start] = ''
  out.push(link === '' ? '' : ` (${link})`)
  return at + 3 + link.length
}

const takeHeading = ({ out }: Plain, text: string, at: number): number => {
  const end = runEnd(text, at)
  const isHeading = (at === 0 || text[at - 1] === '\n') && end - at <= 6 && text[end] === ' '
  if (!isHeading) out.push(text.slice(at, end))
  return isHeading ? end + 1 : end
}

/** To the next character that may be a mark. Emphasis does not reach over an empty line. */
const takeWord = ({ out, open }: Plain, text: string, at: number): number => {
  let end = at + 1
  while (end < text.length && !special.has(text[end] ?? '')) end++
  const word = text.slice(at, end)
  if (word.includes('\n\n')) open.clear()
  out.push(word)
  return end
}

const special: ReadonlySet<string> = new Set('\\*_~[]<#!')

const takeEmphasis = ({ out, open }: Plain, text: string, at: number): number => {
  const end = runEnd(text, at)
  const run = text.slice(at, end)
  const before = text[at - 1] ?? ' '
  const after = text[end] ?? ' '
  const inWord = run[0] === '_' && isWord.test(before) && isWord.test(after)
  const isMark = !inWord && (run[0] !== '~' || run.length === 2)
  const opener = isMark && !(isSpace.test(before) && at > 0) ? open.get(run)?.pop() : undefined
  if (opener !== undefined) {
    out[opener] = ''
    return end
  }
  out.push(run)
  if (!isMark || (isSpace.test(after) && end < text.length)) return end
  const openers = open.get(run)
  if (openers === undefined) open.set(run, [out.length - 1])
  else openers.push(out.length - 1)
  return end
}

/** The address of `](address)`; it holds no space and no bracket. */
const linkAt = (text: string, at: number): string | undefined => {
  if (text[at] !== '(') return undefined
  let end = at + 1
  while (end < text.length && !endsLink.test(text[end] ?? '')) end++
  return text[end] === ')' ? text.slice(at + 1, end) : undefined
}

/** The address of `<https://…>`. */
const autolink = (text: string, at: number): string | undefined => {
  if (!/^(?:https?|mailto):/.test(text.slice(at, at + 8))) return undefined
  let end = at
  while (end < text.length && !endsAutolink.test(text[end] ?? '')) end++
  return text[end] === '>' ? text.slice(at, end) : undefined
}

const escapable = /[!-/:-@[-`{-~]/
const isSpace = /\s/
const endsLink = /[\s()]/
const endsAutolink = /[\s<>]/
const isWord = /[\p{L}\p{N}_]/u
