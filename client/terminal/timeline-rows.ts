import type { TimelineItem } from '../sdk/index.ts'
import { truncate, widthOf, wrap } from './cells.ts'
import { cleanLine, cleanText } from './clean-text.ts'
import { rule, span, type Row, type Style } from './rows.ts'

export interface TimelineView {
  readonly user: string
  readonly items: readonly TimelineItem[]
  /** The line `new` stands above this item. */
  readonly firstUnread: string | undefined
  readonly isOwn: (item: TimelineItem) => boolean
  /** Minutes east of UTC, for the clock times. */
  readonly zoneMinutes: (timeMs: number) => number
}

/** The last row on the screen: that of an item, with `cut` rows of it below the edge. Undefined: the newest. */
export interface Anchor {
  readonly key: string
  readonly cut: number
}

export const keyOf = (item: TimelineItem): string =>
  item.kind === 'event' ? item.event.id : `outgoing ${item.outgoing.id}`

/** The rows that fill `height` lines up from the anchor; fewer when the timeline is shorter. */
export const visibleRows = (
  view: TimelineView,
  anchor: Anchor | undefined,
  { width, height }: { readonly width: number; readonly height: number },
): Row[] => {
  const start = anchorIndex(view, anchor)
  let rows: Row[] = []
  for (let index = start; index >= 0 && rows.length < height; index -= 1) {
    const of = rowsOf(view, index, width)
    const cut = anchor !== undefined && index === start && keyOf(view.items[index]!) === anchor.key ? anchor.cut : 0
    rows = [...of.slice(0, of.length - cut), ...rows]
  }
  return height > 0 ? rows.slice(-height) : []
}

/**
 * The anchor `by` rows further up (negative: down), within the timeline.
 * `isTop`: it wanted to go higher than what is loaded.
 */
export const scrolled = (
  view: TimelineView,
  anchor: Anchor | undefined,
  { width, height, by }: { readonly width: number; readonly height: number; readonly by: number },
): { anchor: Anchor | undefined; isTop: boolean } => {
  const heights = heightsOf(view, width)
  const below = sum(heights.slice(anchorIndex(view, anchor) + 1)) + (anchor?.cut ?? 0)
  const highest = Math.max(0, sum(heights) - height)
  const wanted = below + by
  return { anchor: anchorAt(view, heights, Math.min(wanted, highest)), isTop: wanted > highest }
}

/** The anchor that puts an item at the top; undefined when all that follows it fits as well. */
export const anchorTo = (
  view: TimelineView,
  key: string | undefined,
  { width, height }: { readonly width: number; readonly height: number },
): Anchor | undefined => {
  const heights = heightsOf(view, width)
  const index = view.items.findIndex((item) => keyOf(item) === key)
  return index < 0 ? undefined : anchorAt(view, heights, sum(heights.slice(index)) - height)
}

/** The anchor with so many rows below the edge. */
const anchorAt = ({ items }: TimelineView, heights: readonly number[], below: number): Anchor | undefined => {
  if (below <= 0) return undefined
  let cut = below
  let index = heights.length - 1
  while (index > 0 && cut >= heights[index]!) {
    cut -= heights[index]!
    index -= 1
  }
  return { key: keyOf(items[index]!), cut }
}

const heightsOf = (view: TimelineView, width: number): number[] =>
  view.items.map((_, index) => rowsOf(view, index, width).length)

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

const anchorIndex = ({ items }: TimelineView, anchor: Anchor | undefined): number => {
  const found = anchor === undefined ? -1 : items.findIndex((item) => keyOf(item) === anchor.key)
  return found < 0 ? items.length - 1 : found
}

const rowsOf = (view: TimelineView, index: number, width: number): Row[] => {
  const item = view.items[index]!
  const previous = view.items[index - 1]
  const rows: Row[] = []
  const day = dayOf(view, item)
  if (previous === undefined || dayOf(view, previous) !== day) rows.push(rule(day, width, 'dim'))
  if (view.firstUnread === keyOf(item)) rows.push(rule('new', width, 'unread'))
  rows.push(...messageRows(view, item, width))
  return rows
}

const messageRows = (view: TimelineView, item: TimelineItem, width: number): Row[] => {
  const time = clockOf(view, item)
  const isOwn = view.isOwn(item)
  const author = truncate(authorOf(view, item), Math.max(4, Math.min(20, Math.floor(width / 3))))
  const { text, style } = contentOf(item)
  const head: Row = [span(`${time} `, 'dim'), span(author, isOwn ? 'own' : 'author'), span(' ')]
  const indent = hangingIndent(widthOf(time) + widthOf(author) + 2, width)
  // the first line is narrower by the head, the others by the indent
  const filler = '\u00a0'.repeat(Math.max(0, widthOf(time) + widthOf(author) + 2 - indent))
  const [first = '', ...others] = wrap(filler + text, width - indent)
  const rows: Row[] = [
    ...quoteRows(view, item, width),
    [...head, span(first.slice(filler.length), style)],
    ...others.map((line) => [span(' '.repeat(indent)), span(line, style)]),
  ]
  const reactions = reactionsOf(item)
  if (reactions !== '') {
    const lines = wrap(reactions, width - indent)
    rows.push(...lines.map((line): Row => [span(' '.repeat(indent)), span(line, 'dim')]))
  }
  const mark = markOf(item)
  if (mark !== undefined) rows.push(...wrap(mark.text, width - 2).map((line) => [span('  '), span(line, mark.style)]))
  return rows
}

/** Text lines up under text where there is room for it. */
const hangingIndent = (head: number, width: number): number => (width >= 60 ? head : Math.min(head, 6))

const contentOf = (item: TimelineItem): { text: string; style: Style } => {
  if (item.kind === 'outgoing') {
    const { text, state } = item.outgoing
    return { text: cleanText(text) + (state === 'pending' ? ' …' : ''), style: state === 'stored' ? 'plain' : 'dim' }
  }
  const { type, body, deleted, edited, pinned } = item.event
  if (deleted === true) return { text: '(deleted)', style: 'dim' }
  if (type !== 'msg' || typeof body !== 'string') return { text: `(${cleanLine(type)}: not supported)`, style: 'dim' }
  const marks = `${edited === undefined ? '' : ' (edited)'}${pinned === true ? ' (pinned)' : ''}`
  return { text: cleanText(body) + marks, style: 'plain' }
}

/** Above an answer: who is answered, and how it began, as far as it is known here. */
const quoteRows = (view: TimelineView, item: TimelineItem, width: number): Row[] => {
  const id = item.kind === 'event' ? item.event.replyTo : item.outgoing.replyTo
  if (id === undefined) return []
  const answered = view.items.find((one) => keyOf(one) === id)
  const quote = answered && `${authorOf(view, answered)}: ${cleanLine(contentOf(answered).text)}`
  return [[span(truncate(`  ↱ ${quote ?? 'an older message'}`, width), 'dim')]]
}

/** `👍 2  🔥 1*  3 answers`; the star is one's own. */
const reactionsOf = (item: TimelineItem): string => {
  if (item.kind !== 'event') return ''
  const { reactions = [], replies } = item.event
  const counts = reactions.map(({ emoji, count, me }) => `${cleanLine(emoji)} ${count}${me === true ? '*' : ''}`)
  if (replies !== undefined) counts.push(replies.count === 1 ? '1 answer' : `${replies.count} answers`)
  return counts.join('  ')
}

const markOf = (item: TimelineItem): { text: string; style: Style } | undefined => {
  if (item.kind !== 'outgoing' || item.outgoing.state !== 'failed') return undefined
  const { error } = item.outgoing
  return {
    text: `✗ not sent: ${error?.code}: ${cleanLine(error?.message ?? '')}. Ctrl-R sends it again.`,
    style: 'failed',
  }
}

const authorOf = ({ user }: TimelineView, item: TimelineItem): string => {
  if (item.kind === 'outgoing') return user
  const { name, address } = item.event.author
  return cleanLine(name === '' ? address : name)
}

const timeOf = (item: TimelineItem): number => (item.kind === 'event' ? item.event.time : item.outgoing.timeMs)

const localIso = ({ zoneMinutes }: TimelineView, item: TimelineItem): string => {
  const date = new Date(timeOf(item) + zoneMinutes(timeOf(item)) * 60_000)
  return Number.isNaN(date.getTime()) ? '????-??-??T??:??' : date.toISOString()
}
const dayOf = (view: TimelineView, item: TimelineItem): string => localIso(view, item).slice(0, 10)
const clockOf = (view: TimelineView, item: TimelineItem): string => localIso(view, item).slice(11, 16)
