/** Runs something for each of a set, at a pace: what comes twice before its turn runs once. */
export interface Pace<T> {
  add(item: T): void
  readonly waiting: number
  stop(): void
}

export interface PaceComponents<T> {
  readonly clock: { now(): number }
  readonly later: (task: () => void, ms: number) => () => void
  /** False: there was nothing to do, which costs nothing. */
  readonly act: (item: T) => boolean
}

/** At the end of the turn, then as many in a second as `perSecond` says at that time; after a pause as many at once. */
export const createPace = <T>(
  { clock, later, act }: PaceComponents<T>,
  { perSecond }: { readonly perSecond: () => number },
): Pace<T> => {
  const waiting = new Set<T>()
  let allowed = Infinity
  let countedMs = clock.now()
  let cancel: (() => void) | undefined

  const run = (): void => {
    cancel = undefined
    const rate = perSecond()
    const now = clock.now()
    allowed = Math.min(rate, allowed + (Math.max(0, now - countedMs) / 1_000) * rate)
    countedMs = now
    for (const item of waiting) {
      if (allowed < 1) break
      waiting.delete(item)
      if (act(item)) allowed--
    }
    if (waiting.size > 0) cancel = later(run, stepMs)
  }

  return {
    add: (item) => {
      waiting.add(item)
      cancel ??= later(run, 0)
    },
    get waiting() {
      return waiting.size
    },
    stop: () => {
      cancel?.()
      cancel = undefined
      waiting.clear()
    },
  }
}

const stepMs = 100
