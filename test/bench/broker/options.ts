import { parseArgs } from 'node:util'
import type { TargetName } from './target.ts'

export interface BenchOptions {
  readonly only: string | undefined
  readonly targets: readonly TargetName[]
  readonly json: boolean
  readonly rounds: number
  readonly measureMs: number
  readonly idleConnections: number
}

export const usage = `npm run bench:broker -- [options]
  --quick            one short round and 2,000 idle connections instead of 10,000
  --only TEXT        only the scenarios whose name holds this text (idle, latency, fan-out, own-channel …)
  --target NAME      only this broker: mosquitto or hearth
  --rounds COUNT     rounds over both brokers; the median is printed (default 3)
  --json             print JSON instead of the table
  --help`

/** Throws a TypeError for what is not an option. */
export const benchOptions = (words: readonly string[]): BenchOptions | 'help' => {
  const { values } = parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      target: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const targets = (['Mosquitto', 'Hearth'] as const).filter(
    (name) => values.target === undefined || name.toLowerCase() === values.target,
  )
  if (targets.length === 0) throw new TypeError(`--target is mosquitto or hearth, not ${values.target}`)
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3))
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 20) throw new TypeError('--rounds is 1 to 20')
  return {
    only: values.only,
    targets,
    json: values.json,
    rounds,
    measureMs: values.quick ? 1_000 : 3_000,
    idleConnections: values.quick ? 2_000 : 10_000,
  }
}
