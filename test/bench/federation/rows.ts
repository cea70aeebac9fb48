/** From measured figures to the rows of the table. */
import type { PairName } from './pair.ts'
import type { Measured, Sizes } from './scenarios.ts'
import type { Busy } from './busy.ts'
import type { Row } from './table.ts'

export type Outcome = Measured | { readonly failed: string }
export type Outcomes = Readonly<Record<PairName, readonly Outcome[]>>

interface Metric {
  readonly key: string
  readonly label: (sizes: Sizes) => string
  readonly unit: string
  readonly digits: number
  /** Which figure is ahead; `undefined`: for information. */
  readonly better: 'higher' | 'lower' | undefined
  /** A rate: what a CPU second of both servers yields can be compared. */
  readonly perCpu?: true
}

/** The rows of a scenario by its name. */
const metrics: Readonly<Record<string, readonly Metric[]>> = {
  'dm-latency': [
    { key: 'p50', label: () => 'federated DM, 100/s, p50', unit: 'ms', digits: 2, better: 'lower' },
    { key: 'p99', label: () => 'federated DM, 100/s, p99', unit: 'ms', digits: 2, better: 'lower' },
  ],
  'dm-throughput': [
    {
      key: 'perSecond',
      label: ({ conversations, window }) => `federated DMs, ${conversations} conversations, window ${window}`,
      unit: 'messages/s',
      digits: 0,
      better: 'higher',
      perCpu: true,
    },
  ],
  room: [
    {
      key: 'perSecond',
      label: ({ membersPerSide }) => `room of ${membersPerSide} + ${membersPerSide}`,
      unit: 'deliveries/s',
      digits: 0,
      better: 'higher',
      perCpu: true,
    },
    {
      key: 'joinSeconds',
      label: ({ membersPerSide }) => `until ${membersPerSide} + ${membersPerSide} have logged in and joined the room`,
      unit: 's',
      digits: 1,
      better: undefined,
    },
  ],
  'catch-up': [
    {
      key: 'seconds',
      label: ({ missed }) => `catch-up of a room after an outage of ${missed.toLocaleString('en')} messages`,
      unit: 's',
      digits: 2,
      better: 'lower',
    },
  ],
  outage: [
    {
      key: 'arrived',
      label: ({ lostMessages, outageSeconds }) =>
        `far server killed for ${outageSeconds} s: arrived of ${lostMessages.toLocaleString('en')} DMs`,
      unit: 'messages',
      digits: 0,
      better: 'higher',
    },
    { key: 'heals', label: () => '– after its return, a new DM is across in', unit: 's', digits: 2, better: 'lower' },
    {
      key: 'whole',
      label: () => '– after its return, all of them are there in',
      unit: 's',
      digits: 2,
      better: 'lower',
    },
  ],
}

/** Medians of all rounds. */
export const rowsOf = (scenario: string, outcomes: Outcomes, sizes: Sizes): Row[] =>
  (metrics[scenario] ?? []).map((metric, index) => {
    const runs = (name: PairName): Measured[] =>
      outcomes[name].filter((outcome): outcome is Measured => !('failed' in outcome))
    const figure = (name: PairName): number | undefined =>
      median(runs(name).flatMap(({ figures }) => figures[metric.key] ?? []))
    const busy = (name: PairName): Busy | undefined => {
      const shares = runs(name).map((run) => run.busy)
      const middle = (of: (busy: Busy) => number): number => median(shares.map(of)) ?? 0
      if (shares.length === 0) return undefined
      return {
        near: middle(({ near }) => near),
        far: middle(({ far }) => far),
        generator: middle(({ generator }) => generator),
        others: middle(({ others }) => others),
      }
    }
    const names: readonly PairName[] = ['Prosody', 'ejabberd', 'Hearth']
    return {
      label: metric.label(sizes),
      unit: metric.unit,
      digits: metric.digits,
      better: metric.better,
      perCpu: metric.perCpu === true,
      figures: { Prosody: figure('Prosody'), ejabberd: figure('ejabberd'), Hearth: figure('Hearth') },
      busy: { Prosody: busy('Prosody'), ejabberd: busy('ejabberd'), Hearth: busy('Hearth') },
      expected: undefined,
      // Said once, with the first row of the scenario.
      faults: index > 0 ? [] : names.flatMap((name) => outcomes[name].flatMap((outcome) => faultsOf(name, outcome))),
      isInvalid: outcomes.Hearth.some((outcome) => faultsOf('Hearth', outcome).length > 0),
    }
  })

const faultsOf = (name: PairName, outcome: Outcome): string[] =>
  ('failed' in outcome ? [outcome.failed] : outcome.faults).map((fault) => `${name}: ${fault}`)

const median = (values: readonly number[]): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
