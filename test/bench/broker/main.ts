/** `npm run bench:broker`: Hearth beside Mosquitto, both driven by the same generator. Prints one table. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildGenerator } from './generator.ts'
import type { Generator } from './generator.ts'
import { startHearth } from './hearth.ts'
import { idleRows, idleScenario, measureIdle } from './idle.ts'
import type { IdleResult } from './idle.ts'
import { describeMachine, meterCores } from './machine.ts'
import { startMosquitto } from './mosquitto.ts'
import { benchOptions, usage } from './options.ts'
import type { BenchOptions } from './options.ts'
import { rowsOf } from './rows.ts'
import type { Outcome, Results } from './rows.ts'
import { loadNeeds, loadOf, loadScenarios } from './scenarios.ts'
import type { LoadScenario } from './scenarios.ts'
import { formatRows, ratio, ratioPerCpu, verdict } from './table.ts'
import type { Row } from './table.ts'
import { withSystemPrograms } from './target.ts'
import type { Target, TargetInit, TargetName } from './target.ts'

const main = async (words: readonly string[]): Promise<void> => {
  const options = benchOptions(words)
  if (options === 'help') return console.log(usage)
  await requirePrograms(options)
  const folder = await mkdtemp(join(tmpdir(), 'hearth-bench-'))
  try {
    const cores = availableParallelism() > 1 ? { broker: 0, generator: 1 } : undefined
    if (cores === undefined) say('one core only: broker and generator share it, the figures say little')
    const generator = await buildGenerator({
      folder: join(import.meta.dirname, '..', '.build'),
      core: cores?.generator,
    })
    const bench: Bench = { options, generator, init: { core: cores?.broker, folder } }
    const machine = await describeMachine(folder)
    const rows = [...(await loadRows(bench)), ...(await idle(bench))]
    if (options.json) {
      console.log(
        JSON.stringify({
          machine,
          rows: rows.map((row) => ({
            ...row,
            ratio: ratio(row),
            ratioPerCpu: ratioPerCpu(row),
            verdict: verdict(row),
          })),
        }),
      )
    } else console.log(`${machine}\n\n${formatRows(rows)}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Bench {
  readonly options: BenchOptions
  readonly generator: Generator
  readonly init: TargetInit
}

const start: Record<TargetName, (init: TargetInit) => Promise<Target>> = {
  Mosquitto: startMosquitto,
  Hearth: startHearth,
}

const loadRows = async ({ options, generator, init }: Bench): Promise<Row[]> => {
  const chosen = loadScenarios.filter(({ name }) => options.only === undefined || name.includes(options.only))
  if (chosen.length === 0) return []
  await using targets = new AsyncDisposableStack()
  const running: Target[] = []
  for (const name of options.targets) {
    say(`starting ${name}`)
    const target = targets.use(await start[name](init))
    await target.prepare(loadNeeds)
    running.push(target)
  }
  const results = new Map<LoadScenario, Results>(chosen.map((scenario) => [scenario, { Mosquitto: [], Hearth: [] }]))
  // Rounds on the outside: a noisy minute then hits every scenario and both brokers.
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [scenario, measured] of results) {
      for (const target of running) {
        say(`round ${round} of ${options.rounds}: ${scenario.name}, ${target.name}`)
        measured[target.name].push(await attempt(generator, scenario, target, options.measureMs))
      }
    }
  }
  return chosen.flatMap((scenario) => rowsOf(scenario, results.get(scenario) ?? { Mosquitto: [], Hearth: [] }))
}

const attempt = async (
  generator: Generator,
  scenario: LoadScenario,
  target: Target,
  measureMs: number,
): Promise<Outcome> => {
  try {
    const cores = await meterCores()
    const measured = await generator.load(loadOf(scenario, target, measureMs))
    const othersCores = Math.max(0, (await cores()) - measured.brokerCpu - measured.generatorCpu)
    return { ...measured, othersCores }
  } catch (error) {
    const failed = `${target.name}: ${error instanceof Error ? error.message : String(error)}`
    say(failed)
    return { failed }
  }
}

const idle = async ({ options, generator, init }: Bench): Promise<Row[]> => {
  if (options.only !== undefined && !idleScenario.includes(options.only)) return []
  const results: Partial<Record<TargetName, IdleResult>> = {}
  for (const name of options.targets) {
    say(`${idleScenario}: ${name}, ${options.idleConnections} connections`)
    await using target = await start[name](init)
    await target.prepare({ logins: options.idleConnections, channels: 1 })
    results[name] = await measureIdle(target, generator, options.idleConnections)
  }
  return idleRows(results, options.idleConnections)
}

/** The bench installs nothing: it says what is missing, and ends. */
const requirePrograms = async ({ targets }: BenchOptions): Promise<void> => {
  const needed: Record<string, string> = {
    cc: 'gcc libc6-dev',
    taskset: 'util-linux',
    ...(targets.includes('Mosquitto') ? { mosquitto: 'mosquitto' } : {}),
  }
  const missing: string[] = []
  for (const [program, packages] of Object.entries(needed)) {
    const found = await promisify(execFile)('sh', ['-c', `command -v ${program}`], { env: withSystemPrograms() }).catch(
      () => undefined,
    )
    if (found === undefined) missing.push(packages)
  }
  if (missing.length === 0) return
  throw new Error(`missing programs; install them with: apt-get install ${missing.join(' ')}`)
}

const say = (text: string): void => console.error(`bench: ${text}`)

await main(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
