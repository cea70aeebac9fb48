import { parseArgs } from 'node:util'
import type { PairName } from './pair.ts'
import type { Sizes } from './scenarios.ts'

export interface BenchOptions {
  readonly only: string | undefined
  readonly targets: readonly PairName[]
  readonly json: boolean
  readonly rounds: number
  readonly sizes: Sizes
  /** Events of the server that a node joins. */
  readonly historyEvents: number
  readonly idleSeconds: number
  /** Nodes of the last point of the curve. */
  readonly curveNodes: number
}

export const usage = `npm run bench:federation -- [options]
  --quick                  short and small: one round, rooms of 25 + 25, an outage of 2,000 messages and of 5 s
  --only TEXT              only what has this text in its name: dm-latency, dm-throughput, room, catch-up, outage;
                           Hearth alone: durable, heal, idle-link, signatures, backfill, curve
  --target NAME            only this pair: prosody, ejabberd or hearth
  --rounds COUNT           rounds of dm-latency and dm-throughput over all pairs; the median is printed (default 3)
  --members COUNT          members of the room on each side (default 250)
  --outage-seconds S       how long the far server is away (default 30)
  --patience-seconds S     how long to wait for what does not come (default 120)
  --json                   print JSON instead of the tables
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
      members: { type: 'string' },
      'outage-seconds': { type: 'string' },
      'patience-seconds': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const targets = (['Prosody', 'ejabberd', 'Hearth'] as const).filter(
    (name) => values.target === undefined || name.toLowerCase() === values.target.toLowerCase(),
  )
  if (targets.length === 0) throw new TypeError(`--target is prosody, ejabberd or hearth, not ${values.target}`)
  const { quick } = values
  return {
    only: values.only,
    targets,
    json: values.json,
    rounds: count('--rounds', values.rounds, quick ? 1 : 3, 20),
    historyEvents: quick ? 20_000 : 100_000,
    idleSeconds: quick ? 10 : 60,
    curveNodes: quick ? 200 : 1_000,
    sizes: {
      measureMs: quick ? 2_000 : 10_000,
      conversations: 20,
      window: 50,
      membersPerSide: count('--members', values.members, quick ? 25 : 250, 1_000),
      roomWindow: 20,
      missed: quick ? 2_000 : 10_000,
      lostMessages: 1_000,
      outageSeconds: count('--outage-seconds', values['outage-seconds'], quick ? 5 : 30, 600),
      patienceSeconds: count('--patience-seconds', values['patience-seconds'], quick ? 20 : 120, 1_000),
    },
  }
}

const count = (option: string, value: string | undefined, otherwise: number, max: number): number => {
  const read = Number(value ?? otherwise)
  if (!Number.isInteger(read) || read < 1 || read > max) throw new TypeError(`${option} is 1 to ${max}`)
  return read
}
