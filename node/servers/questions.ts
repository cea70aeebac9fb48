/** Answers about servers, at once and from memory. */
import { isUserName, nodeMember } from '../../spec/identifiers.ts'
import type { MemberId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import { readEmojiImage } from '../../spec/emoji.ts'
import { authorKey, splitAuthor } from '../../spec/governance/names.ts'
import { permissions, bitOf, toNames, type Permission } from '../../spec/permissions.ts'
import { splitPerson, type Person } from '../../spec/person.ts'
import { channelBits } from './live-bits.ts'
import { localPart, mayRead, type Community } from './community.ts'
import type { Directory } from './directory.ts'
import { successionOf } from './succession.ts'
import type { Author, Authorised, Questions, ServersInit } from './servers.ts'

export const createQuestions = (directory: Directory, { nodeId, nodeName }: ServersInit): Questions => {
  const operator = authorKey(nodeId, nodeMember)

  const communityOf = (user: UserName, server: ServerId): Community | undefined => {
    const community = directory.get(server)
    return community !== undefined && isMember(community, user) ? community : undefined
  }

  const findAuthor = (node: NodeId, member: MemberId): Author => {
    if (node === nodeId && member === nodeMember) return { address: nodeName, name: nodeName }
    const author = authorKey(node, member)
    for (const community of directory.all()) {
      if (community.governance.address(author) !== undefined) return community.author(author)
    }
    return { address: `${member}@${node}`, name: 'unknown' }
  }

  return {
    authorise(user, channel, permission, nowMs) {
      const seat = directory.ofChannel(channel)?.seat(user, channel)
      if (seat === undefined || seat.allowed === undefined || !mayRead(seat)) return unseen
      if ((seat.bits & bitOf(permission)) === 0) return notAllowed[permission]
      if (seat.timeoutUntil > nowMs && permission !== 'read') return timedOut(seat.timeoutUntil)
      return seat.archived && isStilled(permission) ? archived : seat.allowed
    },

    may(user, channel, permission) {
      const seat = directory.ofChannel(channel)?.seat(user, channel)
      if (seat === undefined || !mayRead(seat)) return false
      return (seat.bits & bitOf(permission)) !== 0 && !(seat.archived && isStilled(permission))
    },

    mayInServer(actor, server, permission) {
      const community = directory.get(server)
      const author = actor.kind === 'operator' ? operator : community?.authorOfUser(actor.user)
      const who = author === undefined ? undefined : community?.acting(author)
      return who !== undefined && (who.bits & bitOf(permission)) !== 0
    },

    covers({ channel, node, member, auth, feed, seq }) {
      const community = directory.ofChannel(channel)
      if (community === undefined) return false
      return community.governance.judge({ author: authorKey(node, member), auth, feed, seq }) === 'valid'
    },

    countsFor({ channel, node, member, auth, feed, seq }, permission) {
      const community = directory.ofChannel(channel)
      const grant = community?.governance.grantUnder({ author: authorKey(node, member), auth, feed, seq })
      const state = community?.governance.channels.get(channel)
      if (community === undefined || grant === undefined || state === undefined) return false
      return ((grant.counted | channelBits(community.governance, grant, state)) & bitOf(permission)) !== 0
    },

    governedBy: (channel) => directory.governedBy(channel)?.info,
    server: (id) => directory.get(id)?.info,
    serverByHandle: (handle) => directory.byHandle(handle)?.info,
    servers: () => [...directory.all()].map(({ info }) => info),
    serversOf: (user) => [...directory.all()].flatMap((one) => (isMember(one, user) ? [one.info] : [])),

    channel: (id) => directory.ofChannel(id)?.channel(id),
    channelByHandles: (server, channel) => directory.byHandle(server)?.channelByHandle(channel),
    channels: (server) => directory.get(server)?.channels() ?? [],
    channelsOf(user, server) {
      const one = server === undefined ? undefined : directory.get(server)
      const communities = server === undefined ? [...directory.all()] : one === undefined ? [] : [one]
      return communities.flatMap((community) =>
        community.channels().filter(({ id }) => mayRead(community.seat(user, id))),
      )
    },

    replicas: (server) => directory.get(server)?.replicas(),
    grantOf: (node, member, server) => directory.get(server)?.acting(authorKey(node, member))?.grant.id,
    memberAt: (node, member, server) => directory.get(server)?.member(authorKey(node, member)),
    userOf(member) {
      const { address } = findAuthor(nodeId, member)
      const user = localPart(address)
      return address === `${user}@${nodeName}` && isUserName(user) ? user : undefined
    },
    formerMember(user, server) {
      const author = directory.get(server)?.authorOfUser(user)
      return author === undefined ? undefined : splitAuthor(author).member
    },
    judgeRemote({ channel, node, member, auth }) {
      const community = directory.governedBy(channel) ?? directory.ofChannel(channel)
      if (community === undefined) return 'kept'
      // GOV-1: only a genesis cites nothing.
      if (auth === undefined) return channel === community.info.governance ? 'kept' : 'forged'
      const isGranted = community.governance.isGrantedTo(auth, authorKey(node, member))
      if (isGranted === undefined) return 'waiting'
      return isGranted ? 'kept' : 'forged'
    },

    isForked: ({ feed, seq }) => seq >= (directory.forkOf(feed) ?? Infinity),
    resolvedBy: (server, feed) => directory.get(server)?.governance.resolvedBy(feed),
    succession(server) {
      const community = directory.get(server)
      return community === undefined ? undefined : successionOf(community)
    },
    roles: (server) => directory.get(server)?.roles() ?? [],
    members: (server) => directory.get(server)?.members() ?? [],
    memberOf(user, server) {
      const community = directory.get(server)
      const author = community?.authorOfUser(user)
      return author === undefined ? undefined : community?.member(author)
    },
    memberNamed(server, name) {
      const community = directory.get(server)
      const author = community?.authorOfAddress(name)
      return author === undefined ? undefined : community?.member(author)
    },
    emoji(server) {
      const registers = directory.get(server)?.governance.registers('emoji/') ?? []
      return new Map(
        registers.flatMap(([key, { value }]) => {
          const image = readEmojiImage(value)
          return image === undefined ? [] : [[key.slice('emoji/'.length), image] as const]
        }),
      )
    },
    authorOf: findAuthor,
    sharesServer(a, b) {
      for (const community of directory.all()) if (isMember(community, a) && isMember(community, b)) return true
      return false
    },
    sharesServerWith(user, person) {
      for (const community of directory.all()) if (isMember(community, user) && isIn(community, person)) return true
      return false
    },
    isMemberAnywhere(person) {
      for (const community of directory.all()) if (isIn(community, person)) return true
      return false
    },
    memberMay({ node, member }, channel, permission) {
      const community = directory.ofChannel(channel)
      const grant = community?.acting(authorKey(node, member))?.grant
      const state = community?.governance.channels.get(channel)
      if (community === undefined || grant === undefined || state === undefined) return false
      return (channelBits(community.governance, grant, state) & bitOf(permission)) !== 0
    },
    permissionsOf(user, server) {
      const community = communityOf(user, server)
      const author = community?.authorOfUser(user)
      return author === undefined ? [] : toNames(community?.acting(author)?.bits ?? 0)
    },
    bans(server) {
      const banned = directory.get(server)?.governance.registers('ban/') ?? []
      return banned.flatMap(([key, { value }]) =>
        typeof value === 'string' ? [{ address: key.slice('ban/'.length), reason: value }] : [],
      )
    },
  }
}

const isIn = (community: Community, person: Person): boolean => {
  const author = community.authorOfAddress(person)
  return author !== undefined && author.startsWith(splitPerson(person).node) && community.acting(author) !== undefined
}

const isMember = (community: Community, user: UserName): boolean => {
  const author = community.authorOfUser(user)
  return author !== undefined && community.acting(author) !== undefined
}

/** What an archived channel is closed for. */
const isStilled = (permission: Permission): boolean => permission === 'send' || permission === 'mentionEveryone'

const unseen: Authorised = { ok: false, code: 'NOT_FOUND', reason: 'there is no such channel, or it is not for you' }
const archived: Authorised = { ok: false, code: 'ARCHIVED', reason: 'the channel is archived; it can be read only' }

const notAllowed = Object.fromEntries(
  permissions.map((permission) => [
    permission,
    { ok: false, code: 'NOT_ALLOWED', reason: `you need the permission ${permission} in this channel` },
  ]),
) as Readonly<Record<Permission, Authorised>>

const timedOut = (untilMs: number): Authorised => ({
  ok: false,
  code: 'TIMED_OUT_MEMBER',
  reason: `you are timed out in this server until ${new Date(untilMs).toISOString()}`,
})
