/** A rate with a burst. Taking is always possible; who took too much is in debt until time has paid. */
export interface TokenBucket {
  take(tokens: number): void
  /** Ms until there is no debt; 0 when there is none. */
  debtMs(): number
}

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** `nowMs` only goes up. */
export const createTokenBucket = ({ perSecond, burst }: Rate, nowMs: () => number): TokenBucket => {
  let tokens = burst
  let filledAt = nowMs()
  const fill = (): void => {
    const now = nowMs()
    tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1000)
    filledAt = now
  }
  return {
    take(taken) {
      fill()
      tokens -= taken
    },
    debtMs() {
      fill()
      return tokens >= 0 ? 0 : Math.ceil((-tokens * 1000) / perSecond)
    },
  }
}
