import type { Clock } from '../../broker/components.ts'

/** Counts failures by key and says how long to wait. Bounded: the keys that failed longest ago are forgotten first. */
export interface FailureLimit {
  /** 0: go ahead. */
  waitMs(key: string): number
  failed(key: string): void
  forgive(key: string): void
}

interface Failures {
  count: number
  last: number
}

/**
 * ACC-15: `failuresMax` are free, each less than `windowMs` after the one before; then a wait of `windowMs`, doubled
 * by each further failure up to `waitMsMax`. Once a wait and as long again have passed, all is forgotten.
 */
export const createFailureLimit = (
  clock: Clock,
  init: {
    readonly failuresMax: number
    readonly windowMs: number
    readonly waitMsMax: number
    readonly keysMax?: number
  },
): FailureLimit => {
  const { failuresMax, windowMs, waitMsMax, keysMax = 20_000 } = init
  const failures = new Map<string, Failures>()

  const waitAfter = (count: number): number =>
    count < failuresMax ? 0 : Math.min(windowMs * 2 ** (count - failuresMax), waitMsMax)

  const current = (key: string): Failures | undefined => {
    const found = failures.get(key)
    if (found === undefined) return undefined
    if (sinceLast(found, clock) < Math.max(windowMs, 2 * waitAfter(found.count))) return found
    failures.delete(key)
    return undefined
  }

  return {
    waitMs: (key) => {
      const found = current(key)
      return found === undefined ? 0 : Math.max(0, waitAfter(found.count) - sinceLast(found, clock))
    },
    failed: (key) => {
      const count = (current(key)?.count ?? 0) + 1
      failures.delete(key)
      failures.set(key, { count, last: clock.now() })
      if (failures.size > keysMax) failures.delete(failures.keys().next().value ?? key)
    },
    forgive: (key) => {
      failures.delete(key)
    },
  }
}

/** A clock that was set back makes nobody wait longer than was said. */
const sinceLast = (found: Failures, clock: Clock): number => {
  const now = clock.now()
  if (now < found.last) found.last = now
  return now - found.last
}
