/** What people write in calls, found (GOV-27, GOV-28). Nobody finds what they may not see. */
import { HearthError } from '../../spec/errors.ts'
import { isChannelId, isServerId } from '../../spec/identifiers.ts'
import type { UserName } from '../../spec/ids.ts'
import type { ChannelInfo, Questions, ServerInfo } from './servers.ts'

type Known = Pick<
  Questions,
  'server' | 'serverByHandle' | 'serversOf' | 'memberOf' | 'channel' | 'channelByHandles' | 'channelsOf' | 'may'
>

/** NOT_FOUND: there is none, or the user is no member. */
export const findServer = (servers: Known, user: UserName, name: string): ServerInfo => {
  const server = isServerId(name) ? servers.server(name) : servers.serverByHandle(name)
  if (server !== undefined && servers.memberOf(user, server.id) !== undefined) return server
  throw new HearthError('NOT_FOUND', `there is no server ${name}`)
}

/** NOT_FOUND: there is none, or the user may not read it. BAD_REQUEST: `#name` fits several. */
export const findChannel = (servers: Known, user: UserName, name: string): ChannelInfo => {
  const found = name.startsWith('#') ? findAnywhere(servers, user, name.slice(1)) : findNamed(servers, name)
  if (found !== undefined && servers.may(user, found.id, 'read')) return found
  throw new HearthError('NOT_FOUND', `there is no channel ${name}`)
}

const findNamed = (servers: Known, name: string): ChannelInfo | undefined => {
  if (isChannelId(name)) return servers.channel(name)
  const [server = '', channel = '', more] = name.split('/')
  return more === undefined ? servers.channelByHandles(server, channel.replace(/^#/, '')) : undefined
}

const findAnywhere = (servers: Known, user: UserName, handle: string): ChannelInfo | undefined => {
  const found = servers.serversOf(user).flatMap((server) => {
    const channel = servers.channelByHandles(server.handle, handle)
    return channel !== undefined && servers.may(user, channel.id, 'read') ? [{ server, channel }] : []
  })
  if (found.length <= 1) return found[0]?.channel
  const names = found.map(({ server, channel }) => `${server.handle}/${channel.handle}`)
  throw new HearthError('BAD_REQUEST', `several of your servers have #${handle}; say ${names.join(' or ')}`)
}
