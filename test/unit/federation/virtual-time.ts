/** Timers that run when the test says so. */
import type { Timers } from '../../../federation/components.ts'

export interface VirtualTime {
  readonly timers: Timers
  readonly clock: { readonly now: () => number; readonly monotonicMs: () => number }
  /** Runs what is due within `ms`, in order, and lets promises settle in between. */
  pass(ms: number): Promise<void>
}

export const createVirtualTime = (startMs = 1_700_000_000_000): VirtualTime => {
  let nowMs = 0
  let order = 0
  const due = new Map<number, { readonly atMs: number; readonly work: () => void }>()
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  const after = (ms: number, work: () => void): (() => void) => {
    const id = order++
    due.set(id, { atMs: nowMs + ms, work })
    return () => void due.delete(id)
  }
  return {
    timers: { soon: (work) => void after(0, work), after },
    clock: { now: () => startMs + nowMs, monotonicMs: () => nowMs },
    async pass(ms) {
      const endMs = nowMs + ms
      await settle()
      for (;;) {
        const [next] = [...due].filter(([, { atMs }]) => atMs <= endMs).sort(([, a], [, b]) => a.atMs - b.atMs)
        if (next === undefined) break
        const [id, { atMs, work }] = next
        due.delete(id)
        nowMs = Math.max(nowMs, atMs)
        work()
        await settle()
      }
      nowMs = endMs
    },
  }
}
