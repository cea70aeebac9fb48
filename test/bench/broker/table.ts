import { figureText, formatTable, noiseLines, timesText } from '../markdown-table.ts'
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

export const formatRows = (rows: readonly Row[]): string =>
  [
    formatTable(heading, rows.map(cells)),
    ...rows.flatMap((row) => row.faults.map((fault) => `${row.label}: ${fault}`)),
    ...noiseLines(rows.map(({ othersCores }) => othersCores ?? 0)),
  ].join('\n')

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
    figureText(row.mosquitto, row.digits),
    figureText(row.hearth, row.digits),
    timesText(ratio(row)),
    timesText(ratioPerCpu(row)),
    expectedText(row),
    verdict(row),
    busyText(row.busy.Mosquitto),
    busyText(row.busy.Hearth),
  ]
}

const expectedText = ({ expected, unit }: Row): string => {
  if (expected === undefined) return '-'
  return 'atMost' in expected ? `≤ ${expected.atMost} ${unit}` : `≥ ${expected.ratioAtLeast}×`
}

const busyText = (busy: Busy | undefined): string =>
  busy === undefined ? '-' : `${(busy.broker * 100).toFixed(0)} % / ${(busy.generator * 100).toFixed(0)} %`
