/**
 * Channels of servers and conversations, asked alike: whoever takes messages in, announces, renders or counts them asks
 * here and need not know which kind it is.
 */
import { isConversationId } from '../spec/conversation.ts'
import type { ChannelId, ServerId } from '../spec/ids.ts'
import type { Friends, FriendQuestions } from './friends/friends.ts'
import type { Servers } from './servers/servers.ts'

/** A conversation stands for its own server: one with members and without roles, name or handle, on no list of servers. */
export const createPlaces = (
  servers: Servers,
  friends: FriendQuestions & Pick<Friends, 'apply' | 'fork' | 'onChanged' | 'forget'>,
): Servers => ({
  ...servers,
  authorise: (user, channel, permission, nowMs) =>
    isConversationId(channel)
      ? friends.authorise(user, channel, permission)
      : servers.authorise(user, channel, permission, nowMs),
  may: (user, channel, permission) =>
    isConversationId(channel) ? friends.may(user, channel, permission) : servers.may(user, channel, permission),
  covers: (event) =>
    isConversationId(event.channel) ? friends.covers(event) && !servers.isForked(event) : servers.covers(event),
  countsFor: (event, permission) => !isConversationId(event.channel) && servers.countsFor(event, permission),
  judgeRemote: (event) => (isConversationId(event.channel) ? friends.judgeRemote(event) : servers.judgeRemote(event)),

  channel: (id) => (isConversationId(id) ? friends.channel(id) : servers.channel(id)),
  channelsOf: (user, server) => {
    if (server === undefined) return [...servers.channelsOf(user), ...friends.channelsOf(user)]
    const conversation = conversationIn(server)
    if (conversation === undefined) return servers.channelsOf(user, server)
    return friends.channelsOf(user).filter(({ id }) => id === conversation)
  },
  members: (server) => {
    const conversation = conversationIn(server)
    return conversation === undefined ? servers.members(server) : friends.members(conversation)
  },
  memberOf: (user, server) => {
    const conversation = conversationIn(server)
    if (conversation === undefined) return servers.memberOf(user, server)
    return friends.members(conversation).find((member) => member.user === user)
  },
  memberNamed: (server, name) => {
    const conversation = conversationIn(server)
    if (conversation === undefined) return servers.memberNamed(server, name)
    return friends
      .members(conversation)
      .find(
        ({ address, user, node }) =>
          address === name || user === name || `${address.slice(0, address.indexOf('@'))}@${node}` === name,
      )
  },
  memberAt: (node, member, server) => {
    const conversation = conversationIn(server)
    if (conversation === undefined) return servers.memberAt(node, member, server)
    return friends.members(conversation).find((one) => one.node === node && one.member === member)
  },
  memberMay: (who, channel, permission) =>
    isConversationId(channel)
      ? friends.memberMay(who, channel, permission)
      : servers.memberMay(who, channel, permission),
  userOf: (member) => friends.userOf(member) ?? servers.userOf(member),
  authorOf: (node, member) => friends.authorOf(node, member) ?? servers.authorOf(node, member),

  apply: (entries) => {
    servers.apply(entries)
    friends.apply(entries)
  },
  fork: (feed, at) => {
    servers.fork(feed, at)
    friends.fork(feed, at)
  },
  onChanged: (listener) => {
    const stops = [servers.onChanged(listener), friends.onChanged(() => listener('permissions'))]
    return () => stops.forEach((stop) => stop())
  },
})

const conversationIn = (server: ServerId): ChannelId | undefined =>
  isConversationId(server) ? (server as string as ChannelId) : undefined
