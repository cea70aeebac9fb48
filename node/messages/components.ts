/** What the room of messages asks of the others. */
import type { OutboundMessage } from '../../broker/components.ts'
import type { Log } from '../log/log.ts'
import type { Questions } from '../servers/servers.ts'

export type MessageLog = Pick<Log, 'page' | 'get' | 'entries' | 'related' | 'targets' | 'redact' | 'redactionsWanted'>

export type MessageServers = Pick<
  Questions,
  'channel' | 'server' | 'covers' | 'countsFor' | 'may' | 'memberOf' | 'memberNamed' | 'userOf' | 'roles' | 'emoji'
>

/** The fan-out, as far as it is needed here. */
export interface InboxFanOut {
  publish(message: OutboundMessage): void
  hasSubscribers(topic: string): boolean
}
