import { execFile } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withSystemPrograms } from './target.ts'

/** One paragraph that says what a table was measured on; `folder` lies on the disk that Hearth writes to. */
export const describeMachine = async (folder: string): Promise<string> => {
  const mosquitto = await promisify(execFile)('sh', ['-c', 'mosquitto -h | head -1'], {
    env: withSystemPrograms(),
  }).then(
    ({ stdout }) => stdout.trim(),
    () => 'no mosquitto',
  )
  return [
    new Date().toISOString().slice(0, 16).replace('T', ' ').concat(' UTC'),
    `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'CPU'}`,
    `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    `Linux ${release()}`,
    `Node ${process.version}`,
    mosquitto,
    `fdatasync p50 ${(await dataSyncMs(folder)).toFixed(2)} ms`,
  ].join(', ')
}

const dataSyncMs = async (folder: string): Promise<number> => {
  const times: number[] = []
  await using file = await open(join(folder, 'sync-probe'), 'w')
  for (let round = 0; round < 200; round += 1) {
    await file.write(Buffer.alloc(512, round), 0, 512, round * 512)
    const began = performance.now()
    await file.datasync()
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)[100] ?? 0
}

/** How many cores were busy, on average, between the call and the call of what it returns. All programs count. */
export const meterCores = async (): Promise<() => Promise<number>> => {
  const began = await busySeconds()
  const beganMs = performance.now()
  return async () => ((await busySeconds()) - began) / ((performance.now() - beganMs) / 1_000)
}

/** First line of /proc/stat: user, nice, system, idle, iowait, irq, softirq in hundredths of a second. */
const busySeconds = async (): Promise<number> => {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (await readFile('/proc/stat', 'utf8'))
    .slice(3)
    .trim()
    .split(/\s+/, 7)
    .map(Number)
  return (user + nice + system + irq + softirq) / 100
}
