/** Keeps at every wanted peer for ever (LINK-16): attempts that wait longer and longer, spread by chance. */
import type { NodeId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { Timers } from '../components.ts'

export interface SupervisorComponents {
  /** Dials and gets to know the peer; rejects when it is not that one. */
  readonly connect: (nodeId: NodeId, address: string) => Promise<void>
  /** Where to look for it, best first: read at each attempt. */
  readonly addressesOf: (nodeId: NodeId) => readonly string[]
  readonly timers: Timers
  /** From 0 up to 1. */
  readonly random: () => number
}

export interface SupervisorInit {
  readonly retryMs?: number
  readonly retryMaxMs?: number
  /** A connection that lasted so long makes the next attempt the first. */
  readonly stableMs?: number
}

export interface Supervisor {
  want(nodeId: NodeId): void
  unwant(nodeId: NodeId): void
  isWanted(nodeId: NodeId): boolean
  wanted(): readonly NodeId[]
  /** A connection to it is there, whoever dialled. */
  connected(nodeId: NodeId): void
  /** It is gone. No attempt before `pauseMs`. */
  lost(nodeId: NodeId, pauseMs?: number): void
  /** Something changed, an address or a sign of life: an attempt at once, and from the beginning. */
  hint(nodeId: NodeId): void
  stop(): void
}

interface Want {
  state: 'waiting' | 'dialing' | 'connected'
  attempts: number
  /** A hint that came while dialling. */
  again: boolean
  cancel: () => void
}

export const createSupervisor = (components: SupervisorComponents, init: SupervisorInit = {}): Supervisor => {
  const { connect, addressesOf, timers, random } = components
  const { retryMs = limits.peerRetryMs, retryMaxMs = limits.peerRetryMaxMs, stableMs = 10_000 } = init
  const wants = new Map<NodeId, Want>()

  const wait = (nodeId: NodeId, want: Want, ms: number): void => {
    want.cancel()
    want.state = 'waiting'
    want.cancel = timers.after(ms, () => void attempt(nodeId, want))
  }

  /** Half to one and a half times the pause: two nodes that lost each other do not dial in step. */
  const pause = (attempts: number): number =>
    Math.round(Math.min(retryMaxMs, retryMs * 2 ** Math.min(attempts, 30)) * (0.5 + random()))

  /** Undialled, connected meanwhile, or no longer wanted: nothing to do. */
  const isDialing = (nodeId: NodeId, want: Want): boolean => wants.get(nodeId) === want && want.state === 'dialing'

  const attempt = async (nodeId: NodeId, want: Want): Promise<void> => {
    want.state = 'dialing'
    want.again = false
    for (const address of addressesOf(nodeId)) {
      try {
        await connect(nodeId, address)
      } catch {
        // The one who connects keeps the reason; here it only means: the next address.
      }
      if (!isDialing(nodeId, want)) return
    }
    wait(nodeId, want, want.again ? 0 : pause(want.attempts++))
  }

  return {
    want(nodeId) {
      if (wants.has(nodeId)) return
      const want: Want = { state: 'waiting', attempts: 0, again: false, cancel: () => undefined }
      wants.set(nodeId, want)
      wait(nodeId, want, 0)
    },
    unwant(nodeId) {
      wants.get(nodeId)?.cancel()
      wants.delete(nodeId)
    },
    isWanted: (nodeId) => wants.has(nodeId),
    wanted: () => [...wants.keys()],
    connected(nodeId) {
      const want = wants.get(nodeId)
      if (want === undefined) return
      want.cancel()
      want.state = 'connected'
      want.cancel = timers.after(stableMs, () => {
        want.attempts = 0
      })
    },
    lost(nodeId, pauseMs = 0) {
      const want = wants.get(nodeId)
      if (want === undefined) return
      wait(nodeId, want, Math.max(pauseMs, want.attempts === 0 ? Math.round(retryMs * random()) : pause(want.attempts)))
      want.attempts++
    },
    hint(nodeId) {
      const want = wants.get(nodeId)
      if (want === undefined || want.state === 'connected') return
      want.attempts = 0
      if (want.state === 'dialing') want.again = true
      else wait(nodeId, want, 0)
    },
    stop() {
      for (const want of wants.values()) want.cancel()
      wants.clear()
    },
  }
}
