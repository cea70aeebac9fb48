/** `node test/simulation/replay.ts SEED [BUG]`: the run of a seed again, and what it found. */
import { bugs } from './bugs.ts'
import { simulate } from './simulate.ts'

const [seed = '1', name] = process.argv.slice(2)
const bug = name === undefined ? undefined : bugs.find((one) => one.name === name)
const startMs = performance.now()
const { findings, sometimes, steps, trace } = await simulate(Number(seed), bug)
for (const { what, atMs } of findings) process.stdout.write(`${atMs}: ${what}\n`)
process.stdout.write(`${[...sometimes].map(([what, count]) => `${count} × ${what}`).join('\n')}\n`)
process.stdout.write(
  `seed ${seed}: ${findings.length} findings, ${steps} steps, ${Math.round(performance.now() - startMs)} ms, ${trace}\n`,
)
