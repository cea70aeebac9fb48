/** What one peer may cost us (LINK-14): over budget it is read more slowly, and who keeps at it is cut off. */
import { HearthError } from '../../spec/errors.ts'
import { limits } from '../../spec/limits.ts'
import type { PeerBudget, Timers } from '../components.ts'
import { createTokenBucket, type Rate } from './token-bucket.ts'

export interface BudgetInit {
  readonly bytes: Rate
  readonly events: Rate
  readonly requestsMax: number
  readonly heldBytesMax: number
  /** Points; one drains every second. */
  readonly faultsMax: number
  readonly throttledMaxMs: number
}

export const defaultBudget: BudgetInit = {
  bytes: { perSecond: limits.peerBytesPerSecond, burst: limits.peerBytesBurst },
  events: { perSecond: limits.peerEventsPerSecond, burst: limits.peerEventsBurst },
  requestsMax: limits.peerRequestsMax,
  heldBytesMax: limits.peerHeldBytesMax,
  faultsMax: limits.peerFaultsMax,
  throttledMaxMs: limits.peerThrottledMaxMs,
}

export interface MeteredBudget extends PeerBudget {
  spendBytes(count: number): void
  /** Resolves when the peer may be read again: at once within the budget. Throws PEER_REFUSED once it is cut off. */
  ready(): Promise<void>
  /** Why the peer waits now. */
  throttled(): string | undefined
  /** Nobody waits any more. */
  end(): void
}

/** `cutOff` is called once, with the reason. */
export const createBudget = (
  components: {
    readonly timers: Timers
    readonly monotonicMs: () => number
    readonly cutOff: (reason: string) => void
  },
  init: BudgetInit,
): MeteredBudget => {
  const { timers, monotonicMs } = components
  const bytes = createTokenBucket(init.bytes, monotonicMs)
  const events = createTokenBucket(init.events, monotonicMs)
  const faults = createTokenBucket({ perSecond: 1, burst: init.faultsMax }, monotonicMs)
  let requests = 0
  let held = 0
  let ended = false
  let throttledSinceMs: number | undefined
  let waiting: Promise<void> | undefined
  let wake: (() => void) | undefined

  const cutOff = (reason: string): void => {
    if (ended) return
    end()
    components.cutOff(reason)
  }

  const end = (): void => {
    ended = true
    wake?.()
  }

  const fault = (points: number, reason: string): void => {
    faults.take(points)
    if (faults.debtMs() > 0 || points >= init.faultsMax) cutOff(reason)
  }

  const debtMs = (): number => (ended ? 0 : Math.max(bytes.debtMs(), events.debtMs()))

  /** In pieces of a second at most, so that the end of a long debt is noticed as early as its length. */
  const payOff = async (): Promise<void> => {
    throttledSinceMs ??= monotonicMs()
    for (let ms = debtMs(); ms > 0; ms = debtMs()) {
      if (monotonicMs() - throttledSinceMs >= init.throttledMaxMs) {
        cutOff(`over its budget for ${Math.round(init.throttledMaxMs / 60_000)} minutes`)
        break
      }
      await new Promise<void>((resolve) => {
        const cancel = timers.after(Math.min(ms, pieceMs), resolve)
        wake = () => {
          cancel()
          resolve()
        }
      })
    }
    waiting = undefined
  }

  const bounded = (take: () => boolean, release: () => void, reason: string): (() => void) | undefined => {
    if (!take()) {
      fault(5, reason)
      return undefined
    }
    let open = true
    return () => {
      if (open) release()
      open = false
    }
  }

  return {
    spendBytes: (count) => bytes.take(count),
    spendEvents: (count) => events.take(count),
    async ready() {
      if (ended) throw new HearthError('PEER_REFUSED', 'the peer is cut off')
      if (waiting === undefined && debtMs() === 0) {
        throttledSinceMs = undefined
        return
      }
      waiting ??= payOff()
      await waiting
      if (ended) throw new HearthError('PEER_REFUSED', 'the peer is cut off')
    },
    throttled() {
      if (waiting === undefined) return undefined
      return bytes.debtMs() > 0 ? 'more bytes than its budget' : 'more events than its budget'
    },
    openRequest: () =>
      bounded(
        () => requests < init.requestsMax && ++requests > 0,
        () => void requests--,
        `more than ${init.requestsMax} requests open`,
      ),
    hold: (count) =>
      bounded(
        () => {
          if (held + count > init.heldBytesMax) return false
          held += count
          return true
        },
        () => void (held -= count),
        `more than ${init.heldBytesMax} bytes held for it`,
      ),
    fault,
    end,
  }
}

const pieceMs = 1_000
