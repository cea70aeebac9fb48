import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** Resident set of a process, in bytes (VmRSS). */
export const residentBytes = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}

/** Waits until the resident set has not moved by half a percent for `quietMs`, for `atMostMs` in all. */
export const settledBytes = async (
  pid: number,
  { quietMs, atMostMs }: { quietMs: number; atMostMs: number },
): Promise<number> => {
  const stepMs = 250
  let anchor = await residentBytes(pid)
  let quiet = 0
  for (let waited = 0; waited < atMostMs && quiet < quietMs; waited += stepMs) {
    await delay(stepMs)
    const now = await residentBytes(pid)
    const moved = Math.abs(now - anchor) > anchor / 200
    quiet = moved ? 0 : quiet + stepMs
    if (moved) anchor = now
  }
  return residentBytes(pid)
}
