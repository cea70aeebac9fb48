import type { PresentStatus } from '../../spec/presence.ts'
import type { ConnectionState } from '../sdk/index.ts'
import { fit, truncate, wrap } from './cells.ts'
import { cleanLine } from './clean-text.ts'
import { emptyLine, windowOf, type InputLine } from './input-line.ts'
import { fitRow, span, type Row, type Span } from './rows.ts'
import { visibleRows, type Anchor, type TimelineView } from './timeline-rows.ts'

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** A channel as the list shows it. */
export interface Place {
  readonly server: string
  readonly channel: string
  readonly topic: string
  readonly unread: number
  /** Of those, the ones that mention me. */
  readonly mentions?: number
  readonly isDirect?: true | undefined
  /** Of the other one of a DM, while they are here. */
  readonly status?: PresentStatus | undefined
  /** A thread of the channel above it: how it began. */
  readonly thread?: string
}

/** All that the screen shows. */
export interface View {
  readonly user: string
  /** Channels of one server stand together. */
  readonly places: readonly Place[]
  readonly current: number | undefined
  readonly timeline: TimelineView
  readonly anchor: Anchor | undefined
  /** Answers to commands and errors; they stand below the timeline until they are dismissed. */
  readonly notices: readonly string[]
  readonly state: ConnectionState
  readonly online: number | undefined
  readonly pendingCount: number
  readonly input: InputLine
  /** Before the input line; with a question its answer is shown as dots. */
  readonly question: string | undefined
}

export interface Frame {
  readonly rows: readonly Row[]
  readonly cursor: { readonly row: number; readonly column: number }
}

/** Below this there is no room for a list beside the timeline. */
export const wideColumnsMin = 60

/** Every row of the frame is exactly as wide as the screen. */
export const layout = (view: View, size: Size): Frame => {
  const columns = Math.max(size.columns, 10)
  const height = Math.max(size.rows, 4)
  const list = listWidth(columns)
  const width = columns - (list > 0 ? list + 1 : 0)
  const main = [headerRow(view, list > 0), ...paneRows(view, { width, height: height - 3 })]
  const body = list === 0 ? main : beside(listRows(view, list, main.length), main)
  const prompt = truncate(view.question ?? '> ', columns - 4)
  const { text, cursor } = windowOf(
    view.question === undefined ? view.input : dotted(view.input),
    columns - prompt.length,
  )
  const rows = [...body, statusRow(view), [span(prompt, 'bold'), span(text)]]
  return {
    rows: rows.map((row) => fitRow(row, columns)),
    cursor: { row: rows.length - 1, column: prompt.length + cursor },
  }
}

/** Columns and lines of the timeline: what a page is when somebody leafs through it. */
export const paneSize = (view: View, { columns, rows }: Size): { width: number; height: number } => {
  const list = listWidth(Math.max(columns, 10))
  const width = Math.max(columns, 10) - (list > 0 ? list + 1 : 0)
  const height = Math.max(rows, 4) - 3
  return { width, height: height - noticeRows(view, width, height).length }
}

const dotted = ({ before, after }: InputLine): InputLine => ({
  ...emptyLine,
  before: '•'.repeat(before.length),
  after: '•'.repeat(after.length),
})

const listWidth = (columns: number): number => (columns < wideColumnsMin ? 0 : Math.min(28, Math.floor(columns / 4)))

const beside = (left: readonly Row[], right: readonly Row[]): Row[] =>
  right.map((row, index) => [...(left[index] ?? []), span('│', 'dim'), ...row])

const headerRow = ({ places, current }: View, isWide: boolean): Row => {
  const place = current === undefined ? undefined : places[current]
  if (place === undefined || current === undefined) return [span('Hearth', 'bold')]
  const name = nameOf(place) + (place.thread === undefined ? '' : ` ↳ ${cleanLine(place.thread)}`)
  const title = span(isWide || place.isDirect === true ? name : `${place.server}/${name}`, 'bold')
  const topic = span(place.topic === '' ? '' : `  ${cleanLine(place.topic)}`, 'dim')
  if (isWide) return [title, topic]
  const others = places.filter((_, index) => index !== current)
  const elsewhere = others.reduce((sum, { unread }) => sum + unread, 0)
  const mentions = others.reduce((sum, one) => sum + (one.mentions ?? 0), 0)
  const said = `  ${elsewhere} unread elsewhere${mentions === 0 ? '' : ` @${mentions}`}`
  const count = span(elsewhere === 0 ? '' : said, mentions === 0 ? 'unread' : 'mention')
  return [span(`${current + 1}/${places.length} `, 'dim'), title, count, topic]
}

const paneRows = (view: View, { width, height }: { width: number; height: number }): Row[] => {
  const notices = noticeRows(view, width, height)
  const room = height - notices.length
  const rows = visibleRows(view.timeline, view.anchor, { width, height: room })
  const empty = Array.from({ length: room - rows.length }, (): Row => [])
  return [...empty, ...rows, ...notices].map((row) => fitRow(row, width))
}

/** At most two thirds of the pane. */
const noticeRows = ({ notices }: View, width: number, height: number): Row[] =>
  last(
    notices.flatMap((notice) => wrap(notice, width - 2)),
    Math.floor((height * 2) / 3),
  ).map((line) => [span('· ', 'dim'), span(line, 'warning')])

const last = <T>(values: readonly T[], count: number): T[] => values.slice(Math.max(0, values.length - count))

const listRows = ({ places, current }: View, width: number, height: number): Row[] => {
  const rows: Row[] = []
  let currentRow = 0
  for (const [index, place] of places.entries()) {
    if (place.server !== places[index - 1]?.server) rows.push([span(fit(place.server, width), 'bold')])
    if (index === current) currentRow = rows.length
    rows.push(channelRow(place, index === current, width))
  }
  const first = Math.max(0, Math.min(currentRow - Math.floor(height / 2), rows.length - height))
  const shown = rows.slice(first, first + height)
  const empty: Row = [span(' '.repeat(width))]
  return [...shown, ...Array.from({ length: height - shown.length }, () => empty)]
}

/** `#random 12 @3`: what is unread, and how much of it mentions me. */
const channelRow = (place: Place, isCurrent: boolean, width: number): Row => {
  const { unread, mentions = 0, thread } = place
  const count = `${unread === 0 ? '' : ` ${shown(unread)}`}${mentions === 0 ? '' : ` @${shown(mentions)}`}`
  const name = thread === undefined ? ` ${nameOf(place)}` : `   ↳ ${cleanLine(thread)}`
  const text = fit(name, width - count.length) + count
  return [span(text, isCurrent ? 'inverse' : mentions > 0 ? 'mention' : unread > 0 ? 'unread' : 'plain')]
}

const shown = (count: number): string => (count > 999 ? '999+' : `${count}`)

const nameOf = ({ channel, isDirect, status }: Place): string =>
  `${isDirect === true ? '@' : '#'}${channel}${status === undefined ? '' : ` ${dots[status]}`}`

const dots: Readonly<Record<PresentStatus, string>> = { online: '●', idle: '◐', dnd: '⊖' }

const statusRow = (view: View): Row => {
  const parts: Row[] = [[stateSpan(view.state)]]
  if (view.online !== undefined && view.state.kind === 'online') parts.push([span(`${view.online} here`)])
  if (view.pendingCount > 0) parts.push([span(`${view.pendingCount} waiting to be sent`, 'warning')])
  if (view.anchor !== undefined) parts.push([span('reading back, End returns', 'warning')])
  parts.push([span(`${view.user} · /help`, 'dim')])
  return parts.flatMap((part, index) => (index === 0 ? part : [span(' · ', 'dim'), ...part]))
}

const stateSpan = (state: ConnectionState): Span => {
  switch (state.kind) {
    case 'online':
      return span('● online', 'good')
    case 'catching-up':
      return span('◐ catching up', 'warning')
    case 'connecting':
      return span('◌ connecting', 'warning')
    case 'waiting':
      return span(`○ offline, next try in ${Math.max(1, Math.round(state.retryMs / 1000))} s`, 'failed')
    case 'closed':
      return span(`✗ ${state.error === undefined ? 'closed' : `${state.error.code}: ${state.error.message}`}`, 'failed')
  }
}
