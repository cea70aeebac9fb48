import type { Column, Row } from '../admin/command.ts'
import type { Paint } from './io.ts'

/** On one line for programs, on several for a person. */
export const jsonText = (value: unknown, stream: { readonly isTTY?: boolean }): string =>
  stream.isTTY === true ? JSON.stringify(value, null, 2) : JSON.stringify(value)

/** A table with its columns lined up; numbers to the right. Control characters never reach the terminal. */
export const tableText = (columns: readonly Column[], rows: readonly Row[], paint: Paint): string => {
  const cells = rows.map((row) => columns.map((column) => cell(row[column.key], column)))
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  )
  const line = (texts: readonly string[]): string =>
    columns
      .map((column, index) => {
        const text = texts[index] ?? ''
        return isRight(column) ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)
      })
      .join('  ')
      .trimEnd()
  return [paint.dim(line(columns.map((column) => column.title))), ...cells.map(line)].join('\n')
}

/** One row of a stream: no widths are known, so one space between. */
export const streamText = (columns: readonly Column[], row: Row): string =>
  columns
    .map((column) => cell(row[column.key], column))
    .filter((text) => text !== '')
    .join('  ')

/** Names and values, a pair a line; what is nested is indented below its name. */
export const recordText = (record: Row, paint: Paint, indent = ''): string => {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined && value !== null)
  const width = Math.max(0, ...entries.map(([key]) => key.length))
  return entries
    .map(([key, value]) => {
      if (isRecord(value)) return `${indent}${paint.dim(key)}\n${recordText(value, paint, `${indent}  `)}`
      if (Array.isArray(value) && value.some(isRecord)) {
        const items = (value as unknown[]).filter(isRecord).map((item) => `${indent}  ${inlineText(item)}`)
        return [`${indent}${paint.dim(key)}`, ...items].join('\n')
      }
      return `${indent}${paint.dim(key.padEnd(width))}  ${cell(value, { key, title: key, kind: kindOf(key) })}`
    })
    .join('\n')
}

const inlineText = (record: Row): string =>
  Object.entries(record)
    .filter(([, value]) => value !== undefined && value !== null && value !== false && value !== '')
    .map(([key, value]) => (value === true ? key : cell(value, { key, title: key })))
    .join('  ')

const cell = (value: unknown, column: Column): string => {
  if (value === undefined || value === null) return column.kind === 'flag' ? '' : '-'
  if (Array.isArray(value)) return value.length === 0 ? '-' : printable((value as unknown[]).map(plain).join(', '))
  if (column.kind === 'flag') return value === true ? 'yes' : ''
  if (column.kind === 'time' && typeof value === 'number') return timeText(value)
  if (column.kind === 'bytes' && typeof value === 'number') return bytesText(value)
  return printable(plain(value))
}

const plain = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'boolean'
      ? value
        ? 'yes'
        : 'no'
      : (JSON.stringify(value) ?? '')

/** Text of other people must not steer the terminal (C0, DEL, C1, and marks that turn the direction). */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g

export const printable = (text: string): string => text.replaceAll(unprintable, ' ')

const kindOf = (key: string): Column['kind'] => {
  if (/(At|created|expires|Seen|Used)$/.test(key)) return 'time'
  return /bytes$/i.test(key) ? 'bytes' : 'text'
}

export const timeText = (unixMs: number): string => {
  const time = new Date(unixMs)
  if (Number.isNaN(time.getTime())) return String(unixMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`
}

export const bytesText = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`
}

const isRight = (column: Column): boolean => column.kind === 'number' || column.kind === 'bytes'

const isRecord = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)
