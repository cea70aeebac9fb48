export interface BackOff {
  /** How long to wait before the next attempt: doubled each time, capped, and somewhere in its upper half. */
  nextMs(): number
  /** The connection held: start again from the first step. */
  reset(): void
}

/** Jitter keeps ten thousand clients of a restarted node from coming back in the same instant. */
export const createBackOff = (
  { random }: { readonly random: () => number },
  { firstMs = 500, capMs = 30_000 }: { firstMs?: number; capMs?: number } = {},
): BackOff => {
  let stepMs = firstMs
  return {
    nextMs: () => {
      const ms = stepMs * (0.5 + random() / 2)
      stepMs = Math.min(stepMs * 2, capMs)
      return Math.round(ms)
    },
    reset: () => {
      stepMs = firstMs
    },
  }
}
