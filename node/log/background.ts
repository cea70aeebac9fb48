import type { LogComponents, LogInit, Timers } from './components.ts'
import type { Feed, FeedTable } from './feed-table.ts'
import type { Mark } from './high-water.ts'
import { checkpoint } from './indexer.ts'
import type { Sealed } from './log.ts'
import { createSealer, type Sealer } from './sealer.ts'

/** What follows a batch without holding up its acknowledgement: seals, checkpoints, the high-water mark. */
export interface Background {
  /** The last fault, until it went well again. The next start does what was left undone. */
  readonly fault: string | undefined
  touch(feed: Feed): void
  written(mark: Mark): void
  seal(): Promise<void>
  readonly sealWithBatch: Sealer['withBatch']
  /** Seals, checkpoints and marks now. */
  settle(): Promise<void>
  /** Everything durable is in the indexes on disk, and no checkpoint is written until `work` is done. */
  afterCheckpoint<T>(work: () => Promise<T>): Promise<T>
  /** No checkpoint is written meanwhile. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** The log was read anew. */
  reset(mark: Mark): void
  /** As `settle`; a fault is kept, not thrown. */
  close(): Promise<void>
}

export function createBackground(
  parts: LogComponents & {
    readonly timers: Timers
    table(): FeedTable
    onSealed(sealed: readonly Sealed[]): void
  },
  init: LogInit,
  start: Mark,
): Background {
  const { store, timers, highWater } = parts
  const faults = new Map<string, string>()
  const watched = (name: string, work: () => Promise<void>): (() => Promise<void>) => {
    let turn: Promise<void> = Promise.resolve()
    return () => {
      const run = turn.then(work).then(
        () => void faults.delete(name),
        (error: unknown) => {
          faults.set(name, `${name}: ${error instanceof Error ? error.message : String(error)}`)
          throw error
        },
      )
      turn = run.catch(() => undefined)
      return run
    }
  }
  const ignored = (run: Promise<void>): void => void run.catch(() => undefined)

  let mark = start
  let marked: Mark | undefined
  const sealer = createSealer(parts, {
    pauseMs: init.sealAfterMs ?? 20,
    due: () => ignored(seal()),
    onSealed: (sealed) => parts.onSealed(sealed),
  })
  let turn: Promise<unknown> = Promise.resolve()
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const run = turn.then(work)
    turn = run.catch(() => undefined)
    return run
  }
  const writeCheckpoint = watched('checkpoint', () => alone(() => checkpoint(store, parts.table())))
  const writeMark = watched('high-water mark', async () => {
    const next = mark
    if (next === marked || next.position === 0) return
    await highWater.write(next)
    marked = next
  })
  const seal = watched('seal', () => sealer.flush())
  const checkpoints = paused(timers, init.checkpointMs ?? 500, () => ignored(writeCheckpoint()))
  const marks = paused(timers, init.markMs ?? 100, () => ignored(writeMark()))

  return {
    get fault() {
      return faults.values().next().value
    },
    touch: (feed) => sealer.touch(feed),
    seal,
    alone,
    afterCheckpoint: (work) =>
      alone(async () => {
        await checkpoint(store, parts.table())
        return work()
      }),
    sealWithBatch: (feeds) => sealer.withBatch(feeds),
    async settle() {
      await seal()
      await writeCheckpoint()
      await writeMark()
    },
    written(next) {
      mark = next
      marks.start()
      checkpoints.start()
      if (parts.table().recent.length >= (init.checkpointEvents ?? 16_384)) checkpoints.now()
    },
    reset(next) {
      mark = next
      sealer.reset()
    },
    async close() {
      checkpoints.cancel()
      marks.cancel()
      for (const step of [seal, writeCheckpoint, writeMark]) await step().catch(() => undefined)
      sealer.reset()
    },
  }
}

/** Runs once, a pause after the first start. */
function paused(timers: Timers, ms: number, work: () => void) {
  let cancel: (() => void) | undefined
  const stop = (): void => {
    cancel?.()
    cancel = undefined
  }
  return {
    start(): void {
      cancel ??= timers.after(ms, () => {
        cancel = undefined
        work()
      })
    },
    now(): void {
      stop()
      work()
    },
    cancel: stop,
  }
}
