import type { Broker } from '../broker/index.ts'
import type { Data } from './data.ts'
import type { Metric } from './http/metrics.ts'
import type { Login } from './policy.ts'
import type { Rooms } from './rooms.ts'

/** What `/metrics` shows beside the figures of the process. */
export const nodeMetrics = (broker: Broker<Login>, rooms: Rooms, { log }: Data): Metric[] => {
  const gauge = (name: string, help: string, read: () => number): Metric => ({ name, help, kind: 'gauge', read })
  const counter = (name: string, help: string, read: () => number): Metric => ({ name, help, kind: 'counter', read })
  const sum = (values: Iterable<number | undefined>): number => {
    let total = 0
    for (const value of values) total += value ?? 0
    return total
  }
  return [
    gauge('connections', 'Members connected over MQTT', () => broker.metrics().connections),
    gauge('sessions', 'MQTT sessions, connected and stored', () => broker.metrics().sessions),
    counter('connects_total', 'MQTT logins', () => broker.metrics().connects),
    counter('connects_refused_total', 'MQTT logins refused', () => broker.metrics().connectsRefused),
    counter('messages_in_total', 'MQTT messages from members', () => broker.metrics().messagesIn),
    counter('messages_out_total', 'MQTT messages to members', () => broker.metrics().messagesOut),
    counter('bytes_in_total', 'Bytes from members', () => broker.metrics().bytesIn),
    counter('bytes_out_total', 'Bytes to members', () => broker.metrics().bytesOut),
    counter('cut_offs_total', 'Connections that the node ended', () => sum(Object.values(broker.metrics().cutOffs))),
    gauge('log_position', 'Entries in the log', () => log.position),
    gauge('log_feeds', 'Feeds in the log', () => log.stats().feeds),
    gauge('log_waiting', 'Messages that wait for the disk', () => log.stats().waiting),
    gauge('log_unsealed', 'Entries that no seal covers yet', () => log.stats().unsealed),
    gauge('users', 'Accounts', () => rooms.accounts.users().length),
    gauge('users_present', 'People who are seen as present', () => rooms.presence.present().length),
    gauge('servers', 'Servers', () => rooms.servers.servers().length),
  ]
}
