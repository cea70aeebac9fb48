import type { Broker } from '../../broker/index.ts'
import { eventIdStamp } from '../../spec/event-id.ts'
import type { Addresses, Status } from '../admin/components.ts'
import type { Config } from '../config/settings.ts'
import type { Data } from '../data.ts'
import type { Health } from '../http/components.ts'
import type { Login } from '../policy.ts'
import type { Rooms } from '../rooms.ts'

export interface StatusComponents {
  readonly broker: Broker<Login>
  readonly rooms: Rooms
  readonly data: Data
  readonly clock: { now(): number }
  readonly config: Pick<Config, 'name' | 'data'>
  readonly version: string
}

export interface NodeStatus {
  read(addresses: Addresses): Promise<Status>
  health(): Promise<Health>
}

export const createStatus = ({ broker, rooms, data, clock, config, version }: StatusComponents): NodeStatus => {
  const startedAt = clock.now()
  const { servers, accounts } = rooms
  const { log, store, keys } = data

  const clockAheadMs = async (): Promise<number> => {
    const { entries } = await log.since(undefined, Math.max(0, log.position - 1), 1)
    const [newest] = entries
    return newest === undefined ? 0 : Math.max(0, eventIdStamp(newest.id).ms - clock.now())
  }
  const trouble = async (): Promise<string | undefined> => {
    try {
      await store.ready()
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    return store.damage[0] ?? log.stats().fault
  }

  return {
    read: async (addresses) => ({
      name: config.name,
      nodeId: keys.nodeId,
      version,
      pid: process.pid,
      startedAt,
      data: config.data,
      addresses,
      connections: broker.metrics().connections,
      users: accounts.users().length,
      servers: servers.servers().length,
      channels: servers.servers().reduce((sum, { id }) => sum + servers.channels(id).length, 0),
      entries: log.position,
      memoryBytes: process.memoryUsage.rss(),
      clockAheadMs: await clockAheadMs(),
      trouble: await trouble(),
    }),
    health: async () => {
      const fault = await trouble()
      const mqtt = { ok: true, detail: `${broker.metrics().connections} connected` }
      return { ok: fault === undefined, checks: { store: { ok: fault === undefined, detail: fault }, mqtt } }
    },
  }
}
