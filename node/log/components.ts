import type { Sha256, Sign, Verify } from '../../spec/crypto.ts'
import type { WallClock } from '../../spec/hybrid-clock.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { Store } from '../store/store.ts'
import type { HighWater } from './high-water.ts'
import type { Relations } from './relations.ts'

/** The node's own keys; where they are kept is not the log's business. */
export interface NodeKeys {
  readonly nodeId: NodeId
  /** 32 bytes: the hot key that seals. */
  readonly publicKey: Uint8Array
  readonly sign: Sign
  readonly verify: Verify
  /** Hot keys that a node has had, for `verify`; of an unknown node none, and its seals are compared by hash only. */
  readonly publicKeysOf?: (node: NodeId) => readonly Uint8Array[]
}

/** When things run, so that the simulator decides it. */
export interface Timers {
  /** After the input of this turn of the event loop was handled: `setImmediate`. */
  soon(work: () => void): void
  /** Returns the cancel. */
  after(ms: number, work: () => void): () => void
}

export interface LogComponents {
  readonly store: Store
  readonly clock: WallClock
  /** Cryptographically random bytes. */
  readonly random: (length: number) => Uint8Array
  readonly hash: Sha256
  readonly keys: NodeKeys
  readonly highWater: HighWater
  readonly timers?: Timers
  /** Which events are about which; none when left out. */
  readonly relations?: Relations
}

export interface LogInit {
  /** Pause between seals, in ms; 20. After a flush of many feeds it is longer: 1 ms for each, 500 at most. */
  readonly sealAfterMs?: number
  /** Heads and indexes are written after so many events; 16,384. A crash makes the next start read them again. */
  readonly checkpointEvents?: number
  /** … or after so many ms; 500. */
  readonly checkpointMs?: number
  /** Pause between writes of the high-water mark, in ms; 100. */
  readonly markMs?: number
}

export const localTimers: Timers = {
  soon: (work) => void setImmediate(work),
  after(ms, work) {
    const timer = setTimeout(work, ms)
    return () => clearTimeout(timer)
  },
}
