/** What keeping peers needs from the house, and what admins see of it. */
import type { NodeId } from '../../spec/ids.ts'
import type { Network, Timers } from '../components.ts'
import type { Trust } from '../trust/create-trust.ts'

export interface PeerClock {
  /** Unix ms. */
  readonly now: () => number
  /** Ms with fractions that only go up: for round trips and rates. */
  readonly monotonicMs: () => number
}

/** A log line is an event name and fields; never a secret. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** How this node introduces itself. */
export interface Identity {
  readonly nodeId: NodeId
  /** CERT-1 of the hot key that the network speaks with: asked at every HELLO. */
  certificate(): Uint8Array
  readonly name: string
  readonly domain?: string | undefined
  readonly capabilities?: readonly string[]
}

export interface PeersComponents {
  readonly network: Network
  readonly trust: Trust
  readonly identity: Identity
  readonly timers: Timers
  readonly clock: PeerClock
  /** From 0 up to 1: spreads the attempts of many nodes. */
  readonly random: () => number
  readonly logger: Logger
}

export type PeerState =
  | 'connected'
  /** Connected, and read more slowly than it sends. */
  | 'throttled'
  | 'dialing'
  /** Not wanted and not here. */
  | 'away'
  | 'cutOff'
  | 'blocked'

/** One line of `hearth peer list`. */
export interface PeerStatus {
  readonly nodeId: NodeId
  readonly name: string
  readonly state: PeerState
  /** Where it was reached, or is looked for. */
  readonly address: string | undefined
  readonly direction: 'in' | 'out' | undefined
  readonly relayed: boolean
  /** Unix ms: connected or away since then. */
  readonly since: number
  readonly rttMs: number | undefined
  readonly clockOffsetMs: number | undefined
  readonly bytesIn: number
  readonly bytesOut: number
  /** Why it is throttled, cut off or blocked. */
  readonly reason: string | undefined
  readonly lastError: string | undefined
}
