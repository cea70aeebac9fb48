import type { Clock } from '../../broker/components.ts'

/** A bucket per key, O(1), for the ingest: `take` before each message. */
export interface RateLimiter {
  /** Takes one. 0: go ahead; otherwise the ms until one is there, and nothing was taken. */
  take(key: string): number
  forget(key: string): void
}

/**
 * ACC-50: `perSecond` messages on average, `burst` at once (default 50 and 200); `perSecond` 0: no limit. At most
 * `keysMax` keys are remembered; of more, the one that came first is forgotten, which fills its bucket.
 *
 * One number per key: when its bucket will be full again (the generic cell rate algorithm).
 */
export const createRateLimiter = (
  clock: Clock,
  init: { readonly perSecond?: number; readonly burst?: number; readonly keysMax?: number } = {},
): RateLimiter => {
  const { perSecond = 50, burst = 200, keysMax = 50_000 } = init
  if (perSecond === 0) return { take: () => 0, forget: () => undefined }
  const fullAt = new Map<string, number>()
  const oneMs = 1000 / perSecond
  const emptyMs = burst * oneMs

  return {
    take: (key) => {
      const now = clock.now()
      // A clock that was set back finds the bucket empty, no worse.
      const missingMs = Math.min(Math.max((fullAt.get(key) ?? now) - now, 0), emptyMs)
      const waitMs = missingMs + oneMs - emptyMs
      const isRefused = waitMs > toleranceMs
      fullAt.set(key, now + missingMs + (isRefused ? 0 : oneMs))
      if (isRefused) return Math.ceil(waitMs)
      if (fullAt.size > keysMax) fullAt.delete(fullAt.keys().next().value ?? key)
      return 0
    },
    forget: (key) => {
      fullAt.delete(key)
    },
  }
}

/** What rounding may add up to. */
const toleranceMs = 1e-6
