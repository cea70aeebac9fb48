/** The calls of servers, channels, roles and members. What a call refuses, the operations refuse. */
import { channelAccess } from '../../spec/calls/channel.access.ts'
import { channelArchive } from '../../spec/calls/channel.archive.ts'
import { channelCategory } from '../../spec/calls/channel.category.ts'
import { channelCreate } from '../../spec/calls/channel.create.ts'
import { channelList } from '../../spec/calls/channel.list.ts'
import { channelOverride } from '../../spec/calls/channel.override.ts'
import { channelPrivate } from '../../spec/calls/channel.private.ts'
import { channelRename } from '../../spec/calls/channel.rename.ts'
import { channelRetention } from '../../spec/calls/channel.retention.ts'
import { channelTopic } from '../../spec/calls/channel.topic.ts'
import { memberBan } from '../../spec/calls/member.ban.ts'
import { memberBans } from '../../spec/calls/member.bans.ts'
import { memberKick } from '../../spec/calls/member.kick.ts'
import { memberList } from '../../spec/calls/member.list.ts'
import { memberTimeout } from '../../spec/calls/member.timeout.ts'
import { memberUnban } from '../../spec/calls/member.unban.ts'
import { roleAssign } from '../../spec/calls/role.assign.ts'
import { roleCreate } from '../../spec/calls/role.create.ts'
import { roleDelete } from '../../spec/calls/role.delete.ts'
import { roleEdit } from '../../spec/calls/role.edit.ts'
import { roleList } from '../../spec/calls/role.list.ts'
import { roleUnassign } from '../../spec/calls/role.unassign.ts'
import { serverCreate } from '../../spec/calls/server.create.ts'
import { serverLeave } from '../../spec/calls/server.leave.ts'
import { serverList } from '../../spec/calls/server.list.ts'
import { serverRename } from '../../spec/calls/server.rename.ts'
import { serverShow } from '../../spec/calls/server.show.ts'
import { HearthError } from '../../spec/errors.ts'
import type { CallHandler } from '../calls.ts'
import type { Scope } from '../principal.ts'
import { actorOf, own, readable } from './answering.ts'
import { findChannel, findServer } from './references.ts'
import type { ChannelInfo, Servers } from './servers.ts'
import { successionCalls } from './succession-calls.ts'

export const serverCalls = (servers: Servers, clock: { now(): number }): CallHandler[] => [
  ...callsOfServers(servers),
  ...callsOfChannels(servers),
  ...callsOfRoles(servers),
  ...callsOfMembers(servers, clock),
  ...successionCalls(servers),
]

const callsOfServers = (servers: Servers): CallHandler[] => [
  own(serverCreate, async (user, { handle, name }) => {
    const server = await servers.createServer(actorOf(user), { handle, name, firstChannel: 'general' })
    return { server, channels: servers.channelsOf(user, server.id) }
  }),
  readable(serverList, ({ user, scope }) => {
    const reached = new Set(within(scope, servers.channelsOf(user)).map(({ server }) => server))
    return { servers: servers.serversOf(user).filter(({ id }) => scope?.channels === undefined || reached.has(id)) }
  }),
  readable(serverShow, ({ user, scope }, input) => {
    const server = findServer(servers, user, input.server)
    return {
      server,
      channels: within(scope, servers.channelsOf(user, server.id)),
      roles: servers.roles(server.id),
      permissions: servers.permissionsOf(user, server.id),
    }
  }),
  own(serverRename, async (user, { server, name }) => {
    await servers.renameServer(actorOf(user), findServer(servers, user, server).id, name)
    return {}
  }),
  own(serverLeave, async (user, { server }) => {
    await servers.leave(user, findServer(servers, user, server).id)
    return {}
  }),
]

const callsOfChannels = (servers: Servers): CallHandler[] => [
  own(channelCreate, async (user, { server, handle, private: isPrivate, name, topic, category }) => ({
    channel: await servers.createChannel(actorOf(user), findServer(servers, user, server).id, {
      handle,
      private: isPrivate,
      ...(name !== undefined && { name }),
      ...(topic !== undefined && { topic }),
      ...(category !== undefined && { category }),
    }),
  })),
  readable(channelList, ({ user, scope }, { server }) => ({
    channels: within(scope, servers.channelsOf(user, findServer(servers, user, server).id)),
  })),
  own(channelRename, async (user, { channel, name }) => {
    await servers.renameChannel(actorOf(user), findChannel(servers, user, channel).id, name)
    return {}
  }),
  own(channelTopic, async (user, { channel, topic }) => {
    await servers.setTopic(actorOf(user), findChannel(servers, user, channel).id, topic)
    return {}
  }),
  own(channelCategory, async (user, { channel, category }) => {
    await servers.setCategory(actorOf(user), findChannel(servers, user, channel).id, category)
    return {}
  }),
  own(channelArchive, async (user, { channel, archived }) => {
    await servers.archiveChannel(actorOf(user), findChannel(servers, user, channel).id, archived)
    return {}
  }),
  own(channelRetention, async (user, { channel, days }) => {
    await servers.setRetention(actorOf(user), findChannel(servers, user, channel).id, days ?? undefined)
    return {}
  }),
  own(channelPrivate, async (user, { channel, private: isPrivate }) => {
    await servers.setChannelPrivate(actorOf(user), findChannel(servers, user, channel).id, isPrivate)
    return {}
  }),
  own(channelAccess, async (user, { channel, who, listed }) => {
    await servers.setChannelEntry(actorOf(user), findChannel(servers, user, channel).id, who, listed)
    return {}
  }),
  own(channelOverride, async (user, { channel, role, allow, deny }) => {
    await servers.setChannelOverride(actorOf(user), findChannel(servers, user, channel).id, role, { allow, deny })
    return {}
  }),
]

const callsOfRoles = (servers: Servers): CallHandler[] => [
  own(roleList, (user, { server }) => ({ roles: servers.roles(findServer(servers, user, server).id) })),
  own(roleCreate, async (user, { server, ...role }) => ({
    role: await servers.createRole(actorOf(user), findServer(servers, user, server).id, role),
  })),
  own(roleEdit, async (user, { server, role, name, permissions }) => ({
    role: await servers.editRole(actorOf(user), findServer(servers, user, server).id, role, {
      ...(name !== undefined && { name }),
      ...(permissions !== undefined && { permissions }),
    }),
  })),
  own(roleDelete, async (user, { server, role }) => {
    await servers.deleteRole(actorOf(user), findServer(servers, user, server).id, role)
    return {}
  }),
  own(roleAssign, async (user, { server, member, role }) => {
    await servers.assignRole(actorOf(user), findServer(servers, user, server).id, member, role)
    return {}
  }),
  own(roleUnassign, async (user, { server, member, role }) => {
    await servers.unassignRole(actorOf(user), findServer(servers, user, server).id, member, role)
    return {}
  }),
]

const callsOfMembers = (servers: Servers, clock: { now(): number }): CallHandler[] => [
  own(memberList, (user, { server }) => ({
    members: servers.members(findServer(servers, user, server).id).map(({ timeoutUntil, ...member }) => ({
      ...member,
      ...(timeoutUntil > clock.now() && { timeoutUntil }),
    })),
  })),
  own(memberKick, async (user, { server, member }) => {
    await servers.kick(actorOf(user), findServer(servers, user, server).id, member)
    return {}
  }),
  own(memberBan, async (user, { server, member, reason }) => {
    await servers.ban(actorOf(user), findServer(servers, user, server).id, member, reason)
    return {}
  }),
  own(memberUnban, async (user, { server, member }) => {
    await servers.unban(actorOf(user), findServer(servers, user, server).id, member)
    return {}
  }),
  own(memberBans, (user, { server }) => {
    const { id, handle } = findServer(servers, user, server)
    if (!servers.mayInServer(actorOf(user), id, 'ban')) {
      throw new HearthError('NOT_ALLOWED', `you need the permission ban in ${handle}`)
    }
    return { bans: servers.bans(id) }
  }),
  own(memberTimeout, async (user, { server, member, forSeconds }) => {
    const untilMs = forSeconds === 0 ? 0 : clock.now() + forSeconds * 1000
    await servers.timeout(actorOf(user), findServer(servers, user, server).id, member, untilMs)
    return {}
  }),
]

const within = (scope: Scope | undefined, channels: readonly ChannelInfo[]): ChannelInfo[] =>
  channels.filter(({ id }) => scope?.channels?.includes(id) !== false)
