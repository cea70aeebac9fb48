import type { Expected } from './scenarios.ts'
import type { TargetName } from './target.ts'

export interface Busy {
  /** Shares of one core. */
  readonly broker: number
  readonly generator: number
}

export interface Row {
  readonly label: string
  readonly unit: string
  readonly digits: number
  readonly mosquitto: number | undefined
  readonly hearth: number | undefined
  readonly expected: Expected
  readonly busy: Partial<Record<TargetName, Busy>>
  /** Cores that other programs kept busy meanwhile. */
  readonly othersCores?: number | undefined
  /** Anything that makes the figure worthless: lost, duplicated or out of order messages, a stall. */
  readonly faults: readonly string[]
}

/** `ok`, `short` (below what is expected), `invalid` (see the faults), or `-` where nothing is expected or known. */
export const verdict = (row: Row): 'ok' | 'short' | 'invalid' | '-' => {
  if (row.faults.length > 0) return 'invalid'
  if (row.expected === undefined || row.hearth === undefined) return '-'
  if ('atMost' in row.expected) return row.hearth <= row.expected.atMost ? 'ok' : 'short'
  const reached = ratio(row)
  if (reached === undefined) return '-'
  return reached >= row.expected.ratioAtLeast ? 'ok' : 'short'
}

export const ratio = ({ mosquitto, hearth }: Row): number | undefined =>
  mosquitto === undefined || hearth === undefined || mosquitto === 0 ? undefined : hearth / mosquitto

/** The ratio of what a second of CPU time yields: what `ratio` would be if nobody else used the broker's core. */
export const ratioPerCpu = ({ mosquitto, hearth, busy, expected }: Row): number | undefined => {
  if (expected !== undefined && 'atMost' in expected) return undefined
  if (mosquitto === undefined || hearth === undefined || !busy.Mosquitto?.broker || !busy.Hearth?.broker)
    return undefined
  return hearth / busy.Hearth.broker / (mosquitto / busy.Mosquitto.broker)
}

/** A Markdown table, aligned, so that it reads on a terminal and in docs/figures.md alike. */
export const formatTable = (rows: readonly Row[]): string => {
  const lines = [heading, ...rows.map(cells)]
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const format = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  const faults = rows.flatMap((row) => row.faults.map((fault) => `${row.label}: ${fault}`))
  return [format(heading), rule, ...lines.slice(1).map(format), ...faults, ...noise(rows)].join('\n')
}

/** A core that somebody else uses is missing in every figure but the ratio per CPU second. */
const noise = (rows: readonly Row[]): string[] => {
  const most = Math.max(0, ...rows.map(({ othersCores }) => othersCores ?? 0))
  if (most < quietCores) return []
  return [
    '',
    `Other programs kept up to ${most.toFixed(1)} cores busy meanwhile: latencies and rates are worse than they are alone; "per CPU" compares best.`,
  ]
}

const quietCores = 0.15

const heading = [
  'scenario',
  'unit',
  'Mosquitto',
  'Hearth',
  'ratio',
  'per CPU',
  'expected',
  '',
  'busy: M broker/gen',
  'H broker/gen',
]

const cells = (row: Row): string[] => {
  return [
    row.label,
    row.unit,
    figure(row.mosquitto, row.digits),
    figure(row.hearth, row.digits),
    times(ratio(row)),
    times(ratioPerCpu(row)),
    expectedText(row),
    verdict(row),
    busyText(row.busy.Mosquitto),
    busyText(row.busy.Hearth),
  ]
}

const times = (value: number | undefined): string => (value === undefined ? '-' : `${value.toFixed(2)}×`)

const figure = (value: number | undefined, digits: number): string =>
  value === undefined
    ? '-'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })

const expectedText = ({ expected, unit }: Row): string => {
  if (expected === undefined) return '-'
  return 'atMost' in expected ? `≤ ${expected.atMost} ${unit}` : `≥ ${expected.ratioAtLeast}×`
}

const busyText = (busy: Busy | undefined): string =>
  busy === undefined ? '-' : `${(busy.broker * 100).toFixed(0)} % / ${(busy.generator * 100).toFixed(0)} %`
