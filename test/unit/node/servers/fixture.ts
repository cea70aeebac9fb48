import { createLog } from '../../../../node/log/create-log.ts'
import type { LogComponents } from '../../../../node/log/components.ts'
import type { Entry, Log } from '../../../../node/log/log.ts'
import { createServers } from '../../../../node/servers/create-servers.ts'
import type { Actor, ChannelInfo, ServerInfo, Servers, ServersComponents } from '../../../../node/servers/servers.ts'
import { HearthError, type ErrorCode } from '../../../../spec/errors.ts'
import { encodeMessage } from '../../../../spec/message.ts'
import type { ChannelId, UserName } from '../../../../spec/ids.ts'
import { components } from '../log/fixture.ts'

export const user = (name: string): UserName => name as UserName
export const as = (name: string): Actor => ({ kind: 'user', user: user(name) })
export const operator: Actor = { kind: 'operator' }

export interface Room extends AsyncDisposable {
  readonly servers: Servers
  readonly log: Log
  readonly clock: { ms: number }
  readonly changes: string[]
  /** A second room on the same log, as after a restart. */
  again(): Promise<Servers>
  /** Says something the way `ingest` does. */
  say(name: string, channel: ChannelId, text?: string): Promise<Entry>
}

/** The room on a real log in memory. */
export const openRoom = async (
  changes: Partial<LogComponents> = {},
  more: Pick<ServersComponents, 'isDomainOf' | 'certificatesOf'> = {},
): Promise<Room> => {
  const parts = components(changes)
  const log = await createLog(parts)
  const clock = { ms: 1_000 }
  const open = async (): Promise<Servers> => {
    const servers = createServers(
      { append: (draft) => log.append(draft), log, random: parts.random, clock: { now: () => clock.ms }, ...more },
      { nodeId: parts.keys.nodeId, nodeName: 'home.example' },
    )
    await servers.start()
    return servers
  }
  const servers = await open()
  const heard: string[] = []
  log.onCommitted((entries) => servers.apply(entries))
  servers.onChanged((kind) => heard.push(kind))
  return {
    servers,
    log,
    clock,
    changes: heard,
    again: open,
    async say(name, channel, text = 'hello') {
      const authorised = servers.authorise(user(name), channel, 'send', clock.ms)
      if (!authorised.ok) throw new HearthError(authorised.code, authorised.reason)
      const { member, auth } = authorised
      const body = encodeMessage({ clientMessageId: undefined, text, replyTo: undefined, thread: undefined })
      const { entry } = await log.append({ channel, member, auth, type: 'msg', body })
      return entry
    },
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  }
}

export interface Home extends Room {
  readonly server: ServerInfo
  readonly general: ChannelInfo
}

/** A server `home` of the owner with `general`, and members with these roles: `{ bob: undefined, mona: 'moderator' }`. */
export const openHome = async (
  members: Readonly<Record<string, string | undefined>> = {},
  changes: Partial<LogComponents> = {},
  more: Pick<ServersComponents, 'isDomainOf' | 'certificatesOf'> = {},
): Promise<Home> => {
  const room = await openRoom(changes, more)
  const server = await room.servers.createServer(as('owner'), { handle: 'home', name: 'Home', firstChannel: 'general' })
  for (const [name, role] of Object.entries(members)) {
    await room.servers.admit(user(name), server.id, { invitedBy: as('owner'), ...(role !== undefined && { role }) })
  }
  const general = room.servers.channelByHandles('home', 'general')
  if (general === undefined) throw new Error('there is no general')
  room.changes.length = 0
  return { ...room, server, general }
}

/** For assert.rejects: a named error that says this. */
export const named =
  (code: ErrorCode, text = /./) =>
  (error: unknown): boolean => {
    if (error instanceof HearthError && error.code === code && text.test(error.message)) return true
    throw new Error(`expected ${code} ${text}, got ${String(error)}`, { cause: error })
  }
