import { HearthError } from '../../spec/errors.ts'
import { permissions as allPermissions, type Permission } from '../../spec/permissions.ts'
import { isUserName } from '../../spec/identifiers.ts'
import type { ServerId, UserName } from '../../spec/ids.ts'
import type { ChannelRow, MemberInput, ReplicationRow, RoleRow, ServerRow, ServersAdmin } from '../admin/components.ts'
import type { ChannelInfo, RoleInfo, ServerInfo, Servers } from '../servers/servers.ts'
import { actorOf, findChannel, findServer } from './names.ts'

export interface ServersAdminComponents {
  readonly clock: { now(): number }
  readonly join: (
    user: UserName,
    invite: string,
    onProgress: (channels: { readonly done: number; readonly total: number }) => void,
  ) => Promise<{ readonly server: ServerId }>
  /** Of one server, with the other nodes that serve it. */
  readonly replication: (server: ServerId) => ReplicationRow | undefined
}

export const serversAdmin = (servers: Servers, { clock, join, replication }: ServersAdminComponents): ServersAdmin => {
  const rowOf = (server: ServerInfo): ServerRow => ({
    server: server.handle,
    id: server.id,
    name: server.name,
    channels: servers.channels(server.id).length,
    members: servers.members(server.id).length,
  })
  const roleRows = (server: ServerInfo): RoleRow[] => servers.roles(server.id).map(roleRow)
  const place = ({ server, user, as }: MemberInput) => ({
    actor: actorOf(as),
    server: findServer(servers, server).id,
    who: user,
  })

  return {
    list: () => Promise.resolve(servers.servers().map(rowOf)),
    show: (name) => {
      const server = findServer(servers, name)
      return Promise.resolve({
        ...rowOf(server),
        channelList: servers.channels(server.id).map(channelRow),
        roleList: roleRows(server),
        replication: replication(server.id),
      })
    },
    join: async ({ invite, user }, progress) => {
      const joined = await join(userOf(user), invite, (channels) =>
        progress?.({ ...channels, text: 'newest messages of each channel' }),
      )
      return {
        id: joined.server,
        server: servers.server(joined.server)?.handle ?? joined.server,
        history: replication(joined.server)?.history,
      }
    },
    leave: ({ server, user }) => servers.leave(userOf(user), findServer(servers, server).id),
    create: async ({ server, name, owner }) => {
      if (owner !== undefined && !isUserName(owner))
        throw new HearthError('NOT_FOUND', `${owner} is no user of this node`)
      const made = await servers.createServer(actorOf(owner), {
        handle: server,
        name: name ?? server,
        firstChannel: 'general',
      })
      return { id: made.id }
    },
    channels: (name) => Promise.resolve(servers.channels(findServer(servers, name).id).map(channelRow)),
    createChannel: async ({ server, channel, name, category, topic, private: isPrivate, as }) => {
      const made = await servers.createChannel(actorOf(as), findServer(servers, server).id, {
        handle: channel,
        private: isPrivate,
        ...(name !== undefined && { name }),
        ...(category !== undefined && { category }),
        ...(topic !== undefined && { topic }),
      })
      return { id: made.id }
    },
    archiveChannel: ({ server, channel, as }) =>
      servers.archiveChannel(actorOf(as), findChannel(servers, findServer(servers, server), channel).id, true),
    setRetention: ({ server, channel, days, as }) =>
      servers.setRetention(actorOf(as), findChannel(servers, findServer(servers, server), channel).id, days),
    roles: (name) => Promise.resolve(roleRows(findServer(servers, name))),
    createRole: async ({ server, role, rank, permissions, as }) => {
      const made = await servers.createRole(actorOf(as), findServer(servers, server).id, {
        name: role,
        rank,
        permissions: permissions.map(permissionOf),
      })
      return roleRow(made)
    },
    assignRole: ({ role, ...input }) => {
      const { actor, server, who } = place(input)
      return servers.assignRole(actor, server, who, role)
    },
    unassignRole: ({ role, ...input }) => {
      const { actor, server, who } = place(input)
      return servers.unassignRole(actor, server, who, role)
    },
    members: (name) => {
      const { id } = findServer(servers, name)
      const members = servers.members(id).map(({ user, address, name: shown, roles, rank, timeoutUntil }) => ({
        user: user ?? address,
        name: shown,
        roles,
        rank,
        timeoutUntil: timeoutUntil > clock.now() ? timeoutUntil : undefined,
        banned: false,
      }))
      const banned = servers.bans(id).map(({ address }) => ({
        user: address,
        name: '',
        roles: [],
        rank: undefined,
        timeoutUntil: undefined,
        banned: true,
      }))
      return Promise.resolve([...members, ...banned])
    },
    kick: (input) => {
      const { actor, server, who } = place(input)
      return servers.kick(actor, server, who)
    },
    ban: ({ reason, ...input }) => {
      const { actor, server, who } = place(input)
      return servers.ban(actor, server, who, reason ?? '')
    },
    unban: (input) => {
      const { actor, server, who } = place(input)
      return servers.unban(actor, server, who)
    },
    timeout: ({ forMs, ...input }) => {
      const { actor, server, who } = place(input)
      return servers.timeout(actor, server, who, forMs === 0 ? 0 : clock.now() + forMs)
    },
  }
}

const userOf = (name: string): UserName => {
  if (isUserName(name)) return name
  throw new HearthError('NOT_FOUND', `${name} is no user of this node`)
}

const channelRow = ({
  id,
  handle,
  name,
  category,
  private: isPrivate,
  archived,
  retention,
}: ChannelInfo): ChannelRow => ({
  channel: handle,
  id,
  name,
  category: category === '' ? undefined : category,
  private: isPrivate,
  archived,
  keptDays: retention?.days,
})

const roleRow = ({ id, name, rank, permissions }: RoleInfo): RoleRow => ({ role: id, name, rank, permissions })

const permissionOf = (name: string): Permission => {
  const permission = allPermissions.find((one) => one === name)
  if (permission !== undefined) return permission
  throw new HearthError('BAD_REQUEST', `${name} is no permission; there are ${allPermissions.join(', ')}`)
}
