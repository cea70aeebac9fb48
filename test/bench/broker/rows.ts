import type { Measured } from './generator.ts'
import type { LoadScenario } from './scenarios.ts'
import type { Busy, Row } from './table.ts'
import type { TargetName } from './target.ts'

/** `othersCores`: cores that programs other than broker and generator kept busy meanwhile. */
export type Outcome = (Measured & { readonly othersCores: number }) | { readonly failed: string }
type Success = Exclude<Outcome, { failed: string }>
export type Results = Record<TargetName, Outcome[]>

/** The medians of all rounds of one scenario. */
export const rowsOf = (scenario: LoadScenario, results: Results): Row[] =>
  scenario.metrics.map((metric) => {
    const runs = (name: TargetName): Success[] =>
      results[name].filter((outcome): outcome is Success => !('failed' in outcome))
    const middle = (name: TargetName, of: (result: Success) => number): number | undefined => median(runs(name).map(of))
    const busy = (name: TargetName): Partial<Record<TargetName, Busy>> => {
      const broker = middle(name, (result) => result.brokerCpu)
      const own = middle(name, (result) => result.generatorCpu)
      return broker === undefined || own === undefined ? {} : { [name]: { broker, generator: own } }
    }
    return {
      label: metric.label,
      unit: metric.unit,
      digits: metric.digits ?? 0,
      mosquitto: middle('Mosquitto', metric.of),
      hearth: middle('Hearth', metric.of),
      expected: metric.expected,
      busy: { ...busy('Mosquitto'), ...busy('Hearth') },
      othersCores: median([...runs('Mosquitto'), ...runs('Hearth')].map((run) => run.othersCores)),
      faults: (['Mosquitto', 'Hearth'] as const).flatMap((name) => results[name].flatMap((run) => faultsOf(name, run))),
    }
  })

const faultsOf = (name: TargetName, run: Outcome): string[] => {
  if ('failed' in run) return [run.failed]
  const counts = { lost: run.lost, duplicated: run.duplicated, 'acknowledged out of order': run.ackErrors }
  const faults = Object.entries(counts).filter(([, count]) => count > 0)
  return [...faults.map(([what, count]) => `${name}: ${count} ${what}`), ...(run.stalled ? [`${name} stalled`] : [])]
}

const median = (values: readonly number[]): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
