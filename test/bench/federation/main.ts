/**
 * `npm run bench:federation`: two Hearth nodes beside two Prosody and two ejabberd servers, in one run on one machine, all
 * on loopback addresses and driven by the same generator. Then what only Hearth promises, and the curve of hubs.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeMachine } from '../broker/machine.ts'
import { curveHeading, curveLines, measureCurve, type CurvePoint } from './curve.ts'
import { ejabberd } from './ejabberd.ts'
import { hearthMeasures, hearthRow } from './hearth-rows.ts'
import { openHearthPair } from './hearth-pair.ts'
import { benchOptions, usage, type BenchOptions } from './options.ts'
import type { Pair, PairInit, PairName } from './pair.ts'
import { hasProgram } from './processes.ts'
import { prosody } from './prosody.ts'
import { rowsOf, type Outcome } from './rows.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import { formatTable } from '../markdown-table.ts'
import { ahead, aheadPerCpu, formatRows, verdict, type Row } from './table.ts'
import { openXmppPair } from './xmpp-pair.ts'

const main = async (words: readonly string[]): Promise<void> => {
  const options = benchOptions(words)
  if (options === 'help') return console.log(usage)
  const targets = await presentOf(options.targets)
  const folder = await mkdtemp(join(tmpdir(), 'hearth-bench-'))
  try {
    const machine = await describeMachine(folder)
    const bench: Bench = { ...options, targets, folder }
    const rows = await comparedRows(bench)
    if (targets.includes('Hearth')) rows.push(...(await hearthRows(bench)))
    const curve = targets.includes('Hearth') && isChosen(options, 'curve') ? await curveOf(options) : []
    if (options.json) console.log(JSON.stringify({ machine, rows: rows.map(rowJson), curve }))
    else console.log([machine, ...abouts(targets), '', ...tables(rows, curve)].join('\n'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Bench extends BenchOptions {
  readonly folder: string
}

const open: Readonly<Record<PairName, (init: PairInit) => Promise<Pair>>> = {
  Prosody: (init) => openXmppPair(prosody, init),
  ejabberd: (init) => openXmppPair(ejabberd, init),
  Hearth: openHearthPair,
}

const isChosen = ({ only }: Pick<BenchOptions, 'only'>, name: string): boolean =>
  only === undefined || name.includes(only)

/** The bench installs nothing: it says what is missing, and goes on without. */
const presentOf = async (names: readonly PairName[]): Promise<PairName[]> => {
  const needed: Readonly<Record<PairName, readonly string[]>> = {
    Prosody: ['prosody'],
    ejabberd: ['ejabberdctl', 'erl'],
    Hearth: [],
  }
  const present: PairName[] = []
  for (const name of names) {
    const found = await Promise.all(needed[name].map(hasProgram))
    if (found.every((one) => one)) present.push(name)
    else {
      say(
        `${name} is skipped: it is not installed. apt-get install ${name.toLowerCase()}, and stop the server that the package starts`,
      )
    }
  }
  return present
}

const comparedRows = async (bench: Bench): Promise<Row[]> => {
  const chosen = scenarios.filter(({ name }) => isChosen(bench, name))
  const outcomes = new Map<string, Record<PairName, Outcome[]>>(
    chosen.map(({ name }) => [name, { Prosody: [], ejabberd: [], Hearth: [] }]),
  )
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const name of bench.targets) {
      const now = chosen.filter(({ once }) => round === 1 || !once)
      for (const group of [
        now.filter(({ kills }) => !kills),
        ...now.filter(({ kills }) => kills).map((one) => [one]),
      ]) {
        if (group.length === 0) continue
        const measured = await measureOn(bench, { name, group, round })
        group.forEach((scenario, index) =>
          outcomes.get(scenario.name)?.[name].push(measured[index] ?? { failed: 'not run' }),
        )
      }
    }
  }
  return chosen.flatMap(({ name }) =>
    rowsOf(name, outcomes.get(name) ?? { Prosody: [], ejabberd: [], Hearth: [] }, bench.sizes),
  )
}

/** A pair of new servers, and some scenarios on it. */
const measureOn = async (
  { sizes, folder }: Bench,
  { name, group, round }: { name: PairName; group: readonly Scenario[]; round: number },
): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  const own = await mkdtemp(join(folder, 'pair-'))
  try {
    await using pair = await open[name]({ folder: own, membersPerSide: sizes.membersPerSide })
    for (const scenario of group) {
      say(`${name}: ${scenario.name}, round ${round}`)
      outcomes.push(await scenario.run(pair, sizes).catch(failed))
    }
  } catch (error) {
    while (outcomes.length < group.length) outcomes.push(failed(error))
  } finally {
    await rm(own, { recursive: true, force: true })
  }
  return outcomes
}

const hearthRows = async (bench: Bench): Promise<Row[]> => {
  const rows: Row[] = []
  for (const measure of hearthMeasures) {
    if (!isChosen(bench, measure.name)) continue
    say(`Hearth: ${measure.name}`)
    const own = await mkdtemp(join(bench.folder, 'pair-'))
    try {
      rows.push(...(await measure.run(bench, own)))
    } catch (error) {
      rows.push(hearthRow({ label: measure.name, unit: '', faults: [failed(error).failed] }))
    } finally {
      await rm(own, { recursive: true, force: true })
    }
  }
  return rows
}

const curveOf = async ({ curveNodes }: BenchOptions): Promise<CurvePoint[]> => {
  const points: CurvePoint[] = []
  for (const nodes of [2, 8, 16, 32, 64, 128, 200, 400, 700, 1_000]) {
    if (nodes > curveNodes) break
    say(`Hearth: curve, ${nodes} nodes`)
    points.push(await measureCurve(nodes))
  }
  return points
}

const tables = (rows: readonly Row[], curve: readonly CurvePoint[]): string[] => [
  ...(rows.length === 0 ? [] : [formatRows(rows), '']),
  ...(curve.length === 0
    ? []
    : ['What a message costs its origin, by nodes of the server:', '', formatTable(curveHeading, curveLines(curve))]),
]

const abouts = (targets: readonly PairName[]): string[] => {
  const texts: Readonly<Record<PairName, string>> = {
    Prosody: prosody.about,
    ejabberd: ejabberd.about,
    Hearth: 'LevelDB with fdatasync before the PUBACK, sealed feeds, noise; DMs of friends',
  }
  return targets.map((name) => `${name}: ${texts[name]}.`)
}

const rowJson = (row: Row): object => ({
  ...row,
  ahead: ahead(row),
  aheadPerCpu: aheadPerCpu(row),
  verdict: verdict(row),
})

const failed = (error: unknown): { failed: string } => {
  const text = error instanceof Error ? error.message : String(error)
  say(text)
  return { failed: text }
}

const say = (text: string): void => console.error(`bench: ${text}`)

await main(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
