/** One server as this node sees it: its governance, and answers kept until it changes. */
import { createGovernance } from '../../spec/governance/governance.ts'
import type { GovernanceEvent } from '../../spec/governance/acts.ts'
import { splitAuthor, type AuthorKey } from '../../spec/governance/names.ts'
import { settingsChannelOf } from '../../spec/governance/places.ts'
import { keys } from '../../spec/governance/registers.ts'
import { roleBits } from '../../spec/governance/role-bits.ts'
import { defaultRoles, parseRoleId, roleRank, type RoleId } from '../../spec/governance/roles.ts'
import type { ChannelState, Governance, Grant } from '../../spec/governance/state.ts'
import { isHandle, isUserName, nodeMember } from '../../spec/identifiers.ts'
import type { ChannelId, EventId, FeedId, Handle, MemberId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import { bitOf, toNames, type PermissionBits } from '../../spec/permissions.ts'
import { channelBits, isPrivate, serverBits } from './live-bits.ts'
import { createReplicas, type Replicas } from './replicas.ts'
import type { Author, ChangeKind, ChannelInfo, MemberInfo, RoleInfo, ServerInfo } from './servers.ts'

/** Where a user stands in a channel. */
export interface Seat {
  readonly allowed: { readonly ok: true; readonly member: MemberId; readonly auth: EventId } | undefined
  readonly bits: PermissionBits
  /** Unix ms; 0: none. */
  readonly timeoutUntil: number
  readonly archived: boolean
}

/** Somebody who acts in the server now. */
export interface Acting {
  readonly author: AuthorKey
  readonly member: MemberId
  readonly grant: Grant
  readonly bits: PermissionBits
}

export interface Community {
  readonly id: ServerId
  readonly governance: Governance
  readonly info: ServerInfo
  /** A domain has come to be known as a node's, or is no more: addresses are made anew. */
  readdress(): void
  /** GOV-14; undefined: nothing changed. */
  fork(feed: FeedId, at: number): ChangeKind | undefined
  /** Undefined: nothing changed. */
  apply(events: readonly GovernanceEvent[]): ChangeKind | undefined
  seat(user: UserName, channel: ChannelId): Seat | undefined
  /** Undefined: not a member now. */
  acting(author: AuthorKey): Acting | undefined
  authorOfUser(user: UserName): AuthorKey | undefined
  authorOfAddress(address: string): AuthorKey | undefined
  /** GOV-7: a claim to an address of this node by a member of another is passed over. Whoever has none is `{member}@{node}`. */
  author(author: AuthorKey): Author
  isBanned(address: string): boolean
  timeoutUntil(grant: Grant): number
  /** Those that have a handle here: what else there is, is private and not for this node. */
  channels(): ChannelInfo[]
  channel(id: ChannelId): ChannelInfo | undefined
  isPrivate(id: ChannelId): boolean
  /** Which nodes may have what. */
  replicas(): Replicas
  /** Channels whose events govern, this server's and those of its private channels (GOV-31). */
  governingChannels(): ChannelId[]
  /** Handles are unique; where two nodes made one at the same time, the lower id has it. */
  channelByHandle(handle: string): ChannelInfo | undefined
  roles(): RoleInfo[]
  member(author: AuthorKey): MemberInfo | undefined
  members(): MemberInfo[]
}

export const createCommunity = (
  init: {
    readonly id: ServerId
    readonly node: NodeId
    readonly nodeName: string
    /** What the server is called here. */
    readonly handle: Handle
    /** Is that the domain of that node, as far as is known here? */
    readonly isDomainOf: (domain: string, node: NodeId) => boolean
  },
  origin: GovernanceEvent,
): Community => {
  const { id, node, nodeName } = init
  const governance = createGovernance(origin)
  const { genesis } = governance
  const seats = new Map<ChannelId, Map<UserName, Seat>>()
  const channels = new Map<ChannelId, ChannelInfo>()
  let members: Map<string, AuthorKey> | undefined
  let info: ServerInfo | undefined

  let handles: Map<string, ChannelId> | undefined
  let replicas: Replicas | undefined

  const forget = (): void => {
    seats.clear()
    channels.clear()
    handles = undefined
    replicas = undefined
    info = undefined
  }

  /** Authors by address, and those of this node by user name. */
  const known = (): Map<string, AuthorKey> => {
    if (members !== undefined) return members
    members = new Map()
    for (const author of governance.authors()) remember(members, author)
    return members
  }

  /** Of several members of one address, the one who is in counts. `alice@{node id}` is found whatever the domain. */
  const remember = (into: Map<string, AuthorKey>, author: AuthorKey): void => {
    const { address } = community.author(author)
    const person = `${localPart(address)}@${splitAuthor(author).node}`
    if (person !== address && !isTaken(into, person)) into.set(person, author)
    if (isTaken(into, address)) return
    into.set(address, author)
    if (author.startsWith(node) && governance.address(author) !== undefined) into.set(localPart(address), author)
  }

  const isTaken = (into: ReadonlyMap<string, AuthorKey>, name: string): boolean => {
    const before = into.get(name)
    return before !== undefined && governance.standing(before) !== undefined
  }

  const acting = (author: AuthorKey): Acting | undefined => {
    const grant = governance.standing(author)
    if (grant === undefined || isBannedAt(community.author(author).address, grant.rank)) return undefined
    const claimed = governance.address(author)
    if (claimed !== undefined && isBannedAt(claimed, grant.rank)) return undefined
    return { author, member: splitAuthor(author).member, grant, bits: serverBits(governance, grant) }
  }

  /**
   * GOV-7: nobody of another node has an address of this one; and a domain that is not known as their node's is left out
   * (TRUST-6): `alice@{node id}`.
   */
  const addressOf = (author: AuthorKey): string | undefined => {
    const claimed = governance.address(author)
    if (claimed === undefined || author.startsWith(node)) return claimed
    if (claimed.endsWith(`@${nodeName}`)) return undefined
    const { node: home } = splitAuthor(author)
    return init.isDomainOf(claimed.slice(claimed.indexOf('@') + 1), home) ? claimed : `${localPart(claimed)}@${home}`
  }

  /** GOV-23: a ban, like a time-out, binds those below its author only. */
  const isBannedAt = (address: string, rank: number): boolean => {
    const ban = governance.register(keys.ban(address))
    return typeof ban?.value === 'string' && ban.rank < rank
  }

  const seatIn = (user: UserName, channel: ChannelState): Seat => {
    const author = community.authorOfUser(user)
    const who = author === undefined ? undefined : acting(author)
    if (who === undefined) return nobody
    return {
      allowed: { ok: true, member: who.member, auth: who.grant.id },
      bits: channelBits(governance, who.grant, channel),
      timeoutUntil: community.timeoutUntil(who.grant),
      archived: setting(keys.channel(channel.id, 'archived')) === true,
    }
  }

  const setting = (key: string) => governance.register(key)?.value

  const community: Community = {
    id,
    governance,
    get info() {
      const name = setting(keys.serverName)
      info ??= {
        id,
        handle: init.handle,
        name: typeof name === 'string' ? name : genesis.name,
        governance: genesis.governance,
      }
      return info
    },

    readdress() {
      members = undefined
      forget()
    },

    fork(feed, at) {
      if (!governance.fork(feed, at)) return undefined
      members = undefined
      forget()
      return 'permissions'
    },

    apply(events) {
      const { walks } = governance
      if (!governance.apply(events)) return undefined
      forget()
      if (governance.walks !== walks) members = undefined
      for (const { act, author } of events) {
        if (members === undefined) break
        if (act.type === 'member.profile') remember(members, author)
        if (act.type === 'grant') remember(members, act.to)
      }
      return governance.walks === walks && events.every(isSetting) ? 'settings' : 'permissions'
    },

    seat(user, channel) {
      let seated = seats.get(channel)
      const seat = seated?.get(user)
      if (seat !== undefined) return seat
      const state = governance.channels.get(channel)
      if (state === undefined) return undefined
      if (seated === undefined) seats.set(channel, (seated = new Map()))
      const made = seatIn(user, state)
      seated.set(user, made)
      return made
    },

    acting,
    authorOfUser: (user) => known().get(user),
    authorOfAddress: (address) => known().get(address),
    author(author) {
      const address = addressOf(author)
      if (address !== undefined) {
        const name = setting(keys.memberName(author))
        return { address, name: typeof name === 'string' ? name : localPart(address) }
      }
      const { member, node: home } = splitAuthor(author)
      return { address: `${member}@${home}`, name: 'unknown' }
    },

    isBanned: (address) => isBannedAt(address, Infinity),

    timeoutUntil({ to, rank }) {
      const timeout = governance.register(keys.timeout(to))
      return timeout !== undefined && timeout.rank < rank ? (timeout.value as number) : 0
    },

    channels: () => [...governance.channels.keys()].flatMap((channel) => community.channel(channel) ?? []),

    channel(channel) {
      const made = channels.get(channel)
      const state = governance.channels.get(channel)
      if (made !== undefined || state === undefined) return made
      const shown = describe(governance, id, state)
      if (shown !== undefined) channels.set(channel, shown)
      return shown
    },

    isPrivate(channel) {
      const state = governance.channels.get(channel)
      return state !== undefined && isPrivate(governance, state)
    },

    replicas: () => (replicas ??= createReplicas(governance, acting)),

    governingChannels: () => [genesis.governance, ...[...governance.channels.keys()].map(settingsChannelOf)],

    channelByHandle(handle) {
      handles ??= new Map(
        community
          .channels()
          .sort((a, b) => (a.id < b.id ? 1 : -1))
          .map((one) => [one.handle, one.id]),
      )
      const channel = handles.get(handle)
      return channel === undefined ? undefined : community.channel(channel)
    },

    roles() {
      const ids = new Set<RoleId>(defaultRoles.keys())
      for (const [key] of governance.registers('role/')) {
        const role = parseRoleId(key.slice('role/'.length))
        if (role !== undefined) ids.add(role)
      }
      return [...ids].flatMap((role) => describeRole(governance, role) ?? []).sort((a, b) => a.rank - b.rank)
    },

    member(author) {
      const who = acting(author)
      if (who === undefined || who.member === nodeMember) return undefined
      const { grant, member } = who
      const { address, name } = community.author(author)
      const user = localPart(address)
      const local = author.startsWith(node) && governance.address(author) !== undefined
      return {
        node: splitAuthor(author).node,
        member,
        address,
        name,
        user: local && isUserName(user) ? user : undefined,
        rank: grant.rank,
        roles: grant.rank === 0 && grant.roles.length === 0 ? ['0-owner'] : grant.roles,
        timeoutUntil: community.timeoutUntil(grant),
      }
    },

    members: () => [...governance.authors()].flatMap((author) => community.member(author) ?? []),
  }
  return community
}

/** Undefined: its handle is not known here. */
const describe = (governance: Governance, server: ServerId, state: ChannelState): ChannelInfo | undefined => {
  const { id } = state
  const handle = state.handle ?? governance.register(keys.channel(id, 'handle'))?.value
  if (!isHandle(handle)) return undefined
  const text = (field: 'name' | 'topic' | 'category', otherwise: string): string => {
    const value = governance.register(keys.channel(id, field))?.value
    return typeof value === 'string' ? value : otherwise
  }
  return {
    id,
    server,
    handle,
    name: text('name', state.name ?? handle),
    topic: text('topic', ''),
    category: text('category', ''),
    private: isPrivate(governance, state),
    archived: governance.register(keys.channel(id, 'archived'))?.value === true,
    retention: retentionOf(governance, id),
  }
}

const retentionOf = (governance: Governance, channel: ChannelId): ChannelInfo['retention'] => {
  const { id: setBy, value } = governance.register(keys.channel(channel, 'retention')) ?? {}
  return typeof value === 'number' && setBy !== undefined ? { days: value, setBy } : undefined
}

/** Undefined: deleted. */
const describeRole = (governance: Governance, id: RoleId): RoleInfo | undefined => {
  const value = governance.register(keys.role(id))?.value
  if (value === null) return undefined
  const name = Array.isArray(value) ? (value[0] as string) : (defaultRoles.get(id)?.name ?? id)
  return { id, name, rank: roleRank(id), permissions: toNames(roleBits(id, value)) }
}

/** Names, topics, categories, emoji: nobody gains or loses a permission by them. */
const isSetting = ({ act }: GovernanceEvent): boolean =>
  act.type === 'set' &&
  /^(?:server\/name|(?:name|emoji)\/.+|channel\/[^/]+\/(?:name|topic|category|retention))$/.test(act.register.key)

export const localPart = (address: string): string => address.slice(0, address.indexOf('@'))

export const mayRead = (seat: Seat | undefined): boolean => seat !== undefined && (seat.bits & bitOf('read')) !== 0

const nobody: Seat = { allowed: undefined, bits: 0, timeoutUntil: 0, archived: false }
