/** What the room of messages asks of the others. */
import type { Log } from '../log/log.ts'
import type { Questions } from '../servers/servers.ts'

export type MessageLog = Pick<
  Log,
  'page' | 'get' | 'entries' | 'related' | 'targets' | 'redact' | 'redactionsWanted' | 'position'
>

export type MessageServers = Pick<
  Questions,
  'channel' | 'server' | 'covers' | 'countsFor' | 'may' | 'memberOf' | 'memberNamed' | 'userOf' | 'roles' | 'emoji'
>
