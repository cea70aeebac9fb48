import { figureText, formatTable, noiseLines, timesText } from '../markdown-table.ts'
import type { Busy } from './busy.ts'
import type { PairName } from './pair.ts'

export type Expected = { readonly atMost: number } | { readonly atLeast: number }

export interface Row {
  readonly label: string
  readonly unit: string
  readonly digits: number
  /** Hearth is to be ahead of both peers; undefined: nothing is expected of the comparison. */
  readonly better: 'higher' | 'lower' | undefined
  readonly perCpu: boolean
  readonly figures: Readonly<Record<PairName, number | undefined>>
  readonly busy: Readonly<Record<PairName, Busy | undefined>>
  /** A limit of its own, for rows of Hearth alone. */
  readonly expected: Expected | undefined
  /** What went wrong, with whom. */
  readonly faults: readonly string[]
  /** Something went wrong with Hearth: its figure is worth nothing. */
  readonly isInvalid: boolean
}

export type Verdict = 'ok' | 'short' | 'invalid' | '-'

export const verdict = (row: Row): Verdict => {
  if (row.isInvalid) return 'invalid'
  const { Hearth: own } = row.figures
  if (row.expected !== undefined) {
    if (own === undefined) return '-'
    return ('atMost' in row.expected ? own <= row.expected.atMost : own >= row.expected.atLeast) ? 'ok' : 'short'
  }
  const isMeasured = (name: PairName): boolean => row.busy[name] !== undefined
  if (row.better === undefined || !isMeasured('Hearth')) return '-'
  const best = bestPeer(row)
  // What a peer does not do at all, it cannot do better.
  if (best === undefined) return own !== undefined && (isMeasured('Prosody') || isMeasured('ejabberd')) ? 'ok' : '-'
  if (own === undefined) return 'short'
  return (row.better === 'higher' ? own >= best.figure : own <= best.figure) ? 'ok' : 'short'
}

/** How far Hearth is ahead of the better peer: 2 is twice as good, whichever way is better. */
export const ahead = (row: Row): number | undefined => {
  const best = bestPeer(row)
  const { Hearth: own } = row.figures
  if (best === undefined || own === undefined || best.figure === 0 || own === 0) return undefined
  return row.better === 'lower' ? best.figure / own : own / best.figure
}

/** The same of what a CPU second of both servers yields: what it would be if nobody else used the cores. */
export const aheadPerCpu = (row: Row): number | undefined => {
  if (!row.perCpu) return undefined
  const yieldOf = (name: PairName): number | undefined => {
    const [figure, busy] = [row.figures[name], row.busy[name]]
    return figure === undefined || busy === undefined ? undefined : figure / (busy.near + busy.far)
  }
  const peers = [yieldOf('Prosody'), yieldOf('ejabberd')].filter((value) => value !== undefined)
  const own = yieldOf('Hearth')
  return own === undefined || peers.length === 0 ? undefined : own / Math.max(...peers)
}

const bestPeer = ({ figures, better }: Row): { readonly figure: number } | undefined => {
  const peers = [figures.Prosody, figures.ejabberd].filter((figure) => figure !== undefined)
  if (peers.length === 0 || better === undefined) return undefined
  return { figure: better === 'higher' ? Math.max(...peers) : Math.min(...peers) }
}

export const formatRows = (rows: readonly Row[]): string =>
  [
    formatTable(heading, rows.map(cells)),
    ...rows.flatMap((row) => row.faults.map((fault) => `${row.label}: ${fault}`)),
    ...noiseLines(rows.flatMap(({ busy }) => Object.values(busy).map((one) => one?.others ?? 0))),
  ].join('\n')

const heading = [
  'scenario',
  'unit',
  'Prosody',
  'ejabberd',
  'Hearth',
  'ahead',
  'per CPU',
  'expected',
  '',
  'busy: P near/far/gen',
  'e near/far/gen',
  'H near/far/gen',
]

const cells = (row: Row): string[] => [
  row.label,
  row.unit,
  figureText(row.figures.Prosody, row.digits),
  figureText(row.figures.ejabberd, row.digits),
  figureText(row.figures.Hearth, row.digits),
  timesText(ahead(row)),
  timesText(aheadPerCpu(row)),
  expectedText(row),
  verdict(row),
  busyText(row.busy.Prosody),
  busyText(row.busy.ejabberd),
  busyText(row.busy.Hearth),
]

const expectedText = ({ expected, better }: Row): string => {
  if (expected !== undefined) {
    return 'atMost' in expected ? `≤ ${figureText(expected.atMost, 0)}` : `≥ ${figureText(expected.atLeast, 0)}`
  }
  return better === undefined ? '-' : 'ahead of both'
}

/** Per cent of one core each. */
const busyText = (busy: Busy | undefined): string =>
  busy === undefined ? '-' : [busy.near, busy.far, busy.generator].map((share) => (share * 100).toFixed(0)).join(' / ')
