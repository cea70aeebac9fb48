/** What operators type, found in the rooms. Each throws NOT_FOUND saying what there is. */
import { HearthError } from '../../spec/errors.ts'
import { isChannelId, isServerId, isUserName } from '../../spec/identifiers.ts'
import type { Actor, ChannelInfo, Questions, ServerInfo } from '../servers/servers.ts'

export type Names = Pick<
  Questions,
  'server' | 'serverByHandle' | 'servers' | 'governedBy' | 'channel' | 'channelByHandles' | 'channels'
>

/** A handle or an id. */
export const findServer = (rooms: Names, name: string): ServerInfo => {
  const server = isServerId(name) ? rooms.server(name) : rooms.serverByHandle(name)
  if (server !== undefined) return server
  const known = rooms.servers().map(({ handle }) => handle)
  throw new HearthError('NOT_FOUND', `there is no server ${name}; there is ${known.join(', ') || 'none yet'}`)
}

/** `general`, `#general` or an id, in a server. */
export const findChannel = (rooms: Names, server: ServerInfo, name: string): ChannelInfo => {
  const handle = name.replace(/^#/, '')
  const channel = isChannelId(handle) ? rooms.channel(handle) : rooms.channelByHandles(server.handle, handle)
  if (channel?.server === server.id) return channel
  const known = rooms.channels(server.id).map(({ handle: one }) => one)
  throw new HearthError(
    'NOT_FOUND',
    `${server.handle} has no channel ${handle}; it has ${known.join(', ') || 'none yet'}`,
  )
}

/** `server/channel` or a channel id. */
export const findPath = (rooms: Names, path: string): ChannelInfo => {
  if (isChannelId(path)) {
    const channel = rooms.channel(path)
    if (channel === undefined) throw new HearthError('NOT_FOUND', `there is no channel ${path}`)
    return channel
  }
  const [server = '', channel] = path.split('/')
  if (channel === undefined) throw new HearthError('BAD_REQUEST', `${path}: name a channel as server/channel`)
  return findChannel(rooms, findServer(rooms, server), channel)
}

/** `as`: a user of this node on whose grant the event is written; undefined: the node's own member. */
export const actorOf = (as: string | undefined): Actor => {
  if (as === undefined) return { kind: 'operator' }
  if (!isUserName(as)) throw new HearthError('NOT_FOUND', `${as} is no user of this node`)
  return { kind: 'user', user: as }
}
