/** What is remembered of one node as long as the process runs: its budget, its traffic, why it was cut off. */
import type { NodeId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { PeerRecord } from '../trust/components.ts'
import type { MeteredBudget } from './budget.ts'
import type { PeerStatus } from './components.ts'
import type { LivePeer } from './live-peer.ts'
import type { Traffic } from './metered-stream.ts'

export interface Contact {
  readonly nodeId: NodeId
  readonly traffic: Traffic
  /** Of all its connections: coming back does not fill it. */
  budget: MeteredBudget
  live: LivePeer | undefined
  /** Where we reached it last. */
  reachedAt: string | undefined
  /** Addresses that somebody gave us, before those that it gives itself. */
  addresses: readonly string[]
  lastError: string | undefined
  /** Unix ms of the last loss. */
  awaySinceMs: number
  cutOff: { readonly untilMs: number; readonly reason: string } | undefined
  cutOffs: number
}

/** LINK-14: a minute, then twice as long each time, up to an hour. */
export const cutOffMs = (times: number): number => Math.min(limits.peerCutOffMaxMs, limits.peerCutOffMs * 2 ** times)

export const statusOf = (
  nodeId: NodeId,
  known: {
    readonly contact: Contact | undefined
    readonly record: PeerRecord | undefined
    readonly wanted: boolean
    readonly nowMs: number
  },
): PeerStatus => {
  const { contact, record, wanted, nowMs } = known
  const live = contact?.live
  const throttled = live === undefined ? undefined : contact?.budget.throttled()
  const cutOff = (contact?.cutOff?.untilMs ?? 0) > nowMs ? contact?.cutOff : undefined
  const barred = record?.state === 'blocked' ? 'blocked' : cutOff === undefined ? undefined : 'cutOff'
  const here = throttled === undefined ? 'connected' : 'throttled'
  const away = wanted ? 'dialing' : 'away'
  return {
    nodeId,
    name: record?.domain ?? record?.name ?? '',
    state: barred ?? (live === undefined ? away : here),
    address: contact?.reachedAt ?? contact?.addresses[0] ?? record?.addresses[0],
    direction: live === undefined ? undefined : live.peer.connection.inbound ? 'in' : 'out',
    relayed: live?.peer.connection.relayed ?? false,
    since: live?.sinceMs ?? contact?.awaySinceMs ?? record?.lastSeenMs ?? 0,
    rttMs: live?.ctl.rttMs(),
    clockOffsetMs: live?.ctl.clockOffsetMs(),
    bytesIn: contact?.traffic.bytesIn ?? 0,
    bytesOut: contact?.traffic.bytesOut ?? 0,
    reason: record?.reason ?? cutOff?.reason ?? throttled,
    lastError: contact?.lastError,
  }
}
