import type { ErrorCode } from '../spec/errors.ts'

/** Why the broker ended a connection by itself. */
export type CutOffReason =
  | ErrorCode
  | 'CONNECT_TIMEOUT'
  | 'PRE_AUTH_LIMIT'
  | 'PROTOCOL_ERROR'
  | 'KEEP_ALIVE_TIMEOUT'
  | 'SESSION_TAKEN_OVER'
  | 'QOS2_LIMIT'

/** Totals since start, for `/metrics`; only ever counted up. */
export interface Counters {
  connects: number
  connectsRefused: number
  messagesIn: number
  messagesOut: number
  bytesIn: number
  bytesOut: number
  cutOffs: Partial<Record<CutOffReason, number>>
}

export interface BrokerMetrics extends Readonly<Counters> {
  /** Logged in now. */
  readonly connections: number
  /** Connected sessions and stored ones. */
  readonly sessions: number
  readonly retained: number
}

export function newCounters(): Counters {
  return { connects: 0, connectsRefused: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, cutOffs: {} }
}

export function countCutOff(counters: Counters, why: CutOffReason): void {
  counters.cutOffs[why] = (counters.cutOffs[why] ?? 0) + 1
}
