import { meterCores } from '../broker/machine.ts'
import type { Pair } from './pair.ts'
import { cpuSeconds } from './processes.ts'

/** Shares of one core. */
export interface Busy {
  readonly near: number
  readonly far: number
  /** This process: clients of both servers. */
  readonly generator: number
  /** All other programs. */
  readonly others: number
}

/** Who is busy between the call and the call of what it returns. A far server that was killed meanwhile counts from its return. */
export const meterBusy = async (pair: Pick<Pair, 'pids'>): Promise<() => Promise<Busy>> => {
  const began = performance.now()
  const before = pair.pids()
  const [near, far] = [await cpuSeconds(before.near), await cpuSeconds(before.far)]
  const own = process.cpuUsage()
  const cores = await meterCores()
  return async () => {
    const seconds = (performance.now() - began) / 1_000
    const after = pair.pids()
    const share = async (pid: number, since: number): Promise<number> => ((await cpuSeconds(pid)) - since) / seconds
    const used = process.cpuUsage(own)
    const busy = {
      near: await share(after.near, near),
      far: await share(after.far, after.far === before.far ? far : 0),
      generator: (used.user + used.system) / 1_000_000 / seconds,
    }
    return { ...busy, others: Math.max(0, (await cores()) - busy.near - busy.far - busy.generator) }
  }
}
