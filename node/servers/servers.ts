/**
 * The room of servers, channels, roles and members (spec/governance.md). Questions are answered at once from
 * memory; operations append events to a server's governance channel and resolve when those are on disk and applied.
 */
import type { EmojiImage } from '../../spec/emoji.ts'
import type { ErrorCode } from '../../spec/errors.ts'
import type { ChannelId, EventId, FeedId, Handle, MemberId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import type { Permission } from '../../spec/permissions.ts'
import type { Person } from '../../spec/person.ts'
import type { Appended, Draft, Entry, Log } from '../log/log.ts'
import type { Replicas } from './replicas.ts'

/** Who asks for an operation. `operator` is the node's own member: founder of every server that the node created. */
export type Actor = { readonly kind: 'user'; readonly user: UserName } | { readonly kind: 'operator' }

/** `auth` is the grant to be cited by the event. A refusal hides what the user may not see behind NOT_FOUND. */
export type Authorised =
  | { readonly ok: true; readonly member: MemberId; readonly auth: EventId }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason: string }

export interface ServerInfo {
  readonly id: ServerId
  readonly handle: Handle
  readonly name: string
  /** The channel that holds the governance events; it is never listed nor readable as a chat channel. */
  readonly governance: ChannelId
}

export interface ChannelInfo {
  readonly id: ChannelId
  /** Of a DM, its own id: a place with members and without roles (FRIEND-14). */
  readonly server: ServerId
  readonly handle: Handle
  readonly name: string
  readonly topic: string
  readonly category: string
  readonly private: boolean
  readonly archived: boolean
  /** FEED-8; undefined: kept for ever. */
  readonly retention?: { readonly days: number; readonly setBy: EventId } | undefined
}

export interface RoleInfo {
  /** `{rank}-{name or random}`: `10-admin`. */
  readonly id: string
  readonly name: string
  readonly rank: number
  readonly permissions: readonly Permission[]
}

/** How people see an author. */
export interface Author {
  /** `alice@home.example`; of the node itself, its bare name. */
  readonly address: string
  readonly name: string
}

export interface MemberInfo extends Author {
  readonly node: NodeId
  readonly member: MemberId
  /** The account, when it is one of this node. */
  readonly user: UserName | undefined
  readonly rank: number
  readonly roles: readonly string[]
  /** Unix ms; 0: none. May lie in the past. */
  readonly timeoutUntil: number
}

/** `permissions`: who may read or do what has changed (revoke within a second). `settings`: names, topics, lists. */
export type ChangeKind = 'permissions' | 'settings'

/** An owner or a guardian; of the member that stands for a node itself the address is the node's id. */
export interface Successor {
  readonly node: NodeId
  readonly member: MemberId
  readonly address: string
}

/** A root, in force or proposed (GOV-32). */
export interface ProposalInfo {
  readonly root: EventId
  /** Undefined: the founders made the server. */
  readonly by: Successor | undefined
  readonly owners: readonly Successor[]
  /** How many of its guardians may hand it on. */
  readonly threshold: number
  readonly guardians: readonly Successor[]
  /** Guardians of the root before it. */
  readonly approvedBy: readonly Successor[]
  /** How many of those it takes without an owner's word. */
  readonly needed: number
}

export interface SuccessionInfo extends ProposalInfo {
  readonly epoch: number
  /** False: the guardians that it replaced could still go back behind it (GOV-35). */
  readonly isFinal: boolean
  readonly proposals: readonly ProposalInfo[]
}

export interface SuccessionResult {
  readonly root: EventId
  readonly inForce: boolean
  readonly approvals: number
  readonly needed: number
}

/** What one role may do more or less in one channel (GOV-26). */
export interface Override {
  readonly allow: readonly Permission[]
  readonly deny: readonly Permission[]
}

export interface Questions {
  /** On the path of each message: two Map lookups, no allocation when allowed. `nowMs` decides about time-outs. */
  authorise(user: UserName, channel: ChannelId, permission: Permission, nowMs: number): Authorised
  /** As `authorise`, apart from time-outs. */
  may(user: UserName, channel: ChannelId, permission: Permission): boolean
  /** A permission in the server as a whole. */
  mayInServer(actor: Actor, server: ServerId, permission: Permission): boolean
  /** False: the event is hidden behind a cut (GOV-13). Events of channels that are not known here are not covered. */
  covers(event: {
    readonly channel: ChannelId
    readonly feed: FeedId
    readonly seq: number
    readonly node: NodeId
    readonly member: MemberId
    readonly auth: EventId | undefined
  }): boolean

  /** MSGS-8: whatever the roles say today, the grant that the event cites counts for this, or the channel gives it (GOV-15, GOV-19). */
  countsFor(event: Parameters<Questions['covers']>[0], permission: Permission): boolean

  server(id: ServerId): ServerInfo | undefined
  /** The server that the events of a channel govern: of its governance channel, and of the settings of a private one. */
  governedBy(channel: ChannelId): ServerInfo | undefined
  serverByHandle(handle: string): ServerInfo | undefined
  servers(): ServerInfo[]
  serversOf(user: UserName): ServerInfo[]

  channel(id: ChannelId): ChannelInfo | undefined
  channelByHandles(server: string, channel: string): ChannelInfo | undefined
  /** All channels of a server, for the operator. */
  channels(server: ServerId): ChannelInfo[]
  /** The channels that the user may read, of one server or of all. */
  channelsOf(user: UserName, server?: ServerId): ChannelInfo[]

  /** Which nodes may have what of a server. Good until the next change. */
  replicas(server: ServerId): Replicas | undefined
  /** Under which an author acts now; undefined: no member. */
  grantOf(node: NodeId, member: MemberId, server: ServerId): EventId | undefined
  /** Any member of any node; undefined when not a member now. */
  memberAt(node: NodeId, member: MemberId, server: ServerId): MemberInfo | undefined
  /** The user behind a member of this node. */
  userOf(member: MemberId): UserName | undefined
  /** The member that this user is or was in the server: whoever comes back is the same. */
  formerMember(user: UserName, server: ServerId): MemberId | undefined
  /**
   * May an event of another node be kept? `forged`: it cites a grant to somebody else. `waiting`: what it cites is not
   * here. What is void or hidden is kept and not shown, since others may have kept it (GOV-13).
   */
  judgeRemote(event: {
    readonly channel: ChannelId
    readonly node: NodeId
    readonly member: MemberId
    readonly auth: EventId | undefined
  }): 'kept' | 'waiting' | 'forged'

  /** GOV-14 */
  isForked(event: { readonly feed: FeedId; readonly seq: number }): boolean
  /** GOV-39: the event by which a server decided which branch of a feed counts. */
  resolvedBy(server: ServerId, feed: FeedId): EventId | undefined
  /** Who owns it, and who may hand it on when they are gone. */
  succession(server: ServerId): SuccessionInfo | undefined
  roles(server: ServerId): RoleInfo[]
  members(server: ServerId): MemberInfo[]
  /** The member of this node's user in a server; undefined when not a member now. */
  memberOf(user: UserName, server: ServerId): MemberInfo | undefined
  /** `alice` of this node, or `alice@node`; undefined: no member now. */
  memberNamed(server: ServerId, name: string): MemberInfo | undefined
  /** Custom emoji by name (MSGS-13). */
  emoji(server: ServerId): ReadonlyMap<string, EmojiImage>
  /** A member id is of one server. Erased or not known: `{member}@{node}`, named `unknown`. */
  authorOf(node: NodeId, member: MemberId): Author
  sharesServer(a: UserName, b: UserName): boolean
  /** With somebody of any node. */
  sharesServerWith(user: UserName, person: Person): boolean
  /** Is the person a member of a server that this node serves? */
  isMemberAnywhere(person: Person): boolean
  /** As `may`, of a member of any node. */
  memberMay(who: Pick<MemberInfo, 'node' | 'member'>, channel: ChannelId, permission: Permission): boolean
  permissionsOf(user: UserName, server: ServerId): Permission[]
  bans(server: ServerId): { readonly address: string; readonly reason: string }[]
}

/** Each throws HearthError: NOT_FOUND, NOT_ALLOWED (naming the permission), EXISTS, QUOTA, BAD_REQUEST, or what the log throws. */
export interface Operations {
  /** The actor becomes a founder (rank 0) beside the node. Makes a `general` channel when `firstChannel` says so. */
  createServer(
    actor: Actor,
    server: { readonly handle: string; readonly name: string; readonly firstChannel?: string },
  ): Promise<ServerInfo>
  renameServer(actor: Actor, server: ServerId, name: string): Promise<void>
  /** Undefined removes it. NOT_FOUND: there is none to remove; QUOTA: the server has as many as it may. */
  setEmoji(actor: Actor, server: ServerId, name: string, image: EmojiImage | undefined): Promise<void>

  createChannel(
    actor: Actor,
    server: ServerId,
    channel: {
      readonly handle: string
      readonly name?: string
      readonly topic?: string
      readonly category?: string
      readonly private?: boolean
    },
  ): Promise<ChannelInfo>
  renameChannel(actor: Actor, channel: ChannelId, name: string): Promise<void>
  setTopic(actor: Actor, channel: ChannelId, topic: string): Promise<void>
  setCategory(actor: Actor, channel: ChannelId, category: string): Promise<void>
  /** `days` undefined: for ever. */
  setRetention(actor: Actor, channel: ChannelId, days: number | undefined): Promise<void>
  archiveChannel(actor: Actor, channel: ChannelId, archived: boolean): Promise<void>
  setChannelPrivate(actor: Actor, channel: ChannelId, isPrivate: boolean): Promise<void>
  /** Lists or unlists a member (`alice`, `alice@node`) or a role in a private channel. */
  setChannelEntry(
    actor: Actor,
    channel: ChannelId,
    who: { readonly member: string } | { readonly role: string },
    listed: boolean,
  ): Promise<void>
  setChannelOverride(actor: Actor, channel: ChannelId, role: string, override: Override): Promise<void>

  /** `rank` must lie below the actor's own (a greater number). */
  createRole(
    actor: Actor,
    server: ServerId,
    role: { readonly name: string; readonly rank: number; readonly permissions: readonly Permission[] },
  ): Promise<RoleInfo>
  editRole(
    actor: Actor,
    server: ServerId,
    role: string,
    change: { readonly name?: string; readonly permissions?: readonly Permission[] },
  ): Promise<RoleInfo>
  deleteRole(actor: Actor, server: ServerId, role: string): Promise<void>
  assignRole(actor: Actor, server: ServerId, who: string, role: string): Promise<void>
  unassignRole(actor: Actor, server: ServerId, who: string, role: string): Promise<void>

  /**
   * Lets a local user in, under the inviter's grant (GOV-8). Already a member: returns the member as it is.
   * INVITE_INVALID when the inviter may no longer invite, NOT_ALLOWED when the user is banned.
   */
  admit(
    user: UserName,
    server: ServerId,
    by: { readonly invitedBy: Actor; readonly role?: string },
  ): Promise<MemberInfo>
  /**
   * Lets somebody of another node in, as `admit`: a grant to that author. In already: the grant that they have. The node
   * writes their profile itself, by `takeSeat`. Errors as `admit`.
   */
  admitRemote(
    who: { readonly node: NodeId; readonly member: MemberId; readonly address: string },
    server: ServerId,
    by: { readonly invitedBy: Actor; readonly role?: string },
  ): Promise<{ readonly grant: EventId }>
  /** A user of this node, let in by another node as `member`, says who that is. NOT_FOUND: the grant is not here. */
  takeSeat(user: UserName, server: ServerId, member: MemberId): Promise<MemberInfo>
  leave(user: UserName, server: ServerId): Promise<void>
  /** What the member is called there; undefined: as the address says. BAD_REQUEST. */
  setMemberName(user: UserName, server: ServerId, name: string | undefined): Promise<void>
  /** `who` is a user name of this node or an address. */
  kick(actor: Actor, server: ServerId, who: string): Promise<void>
  ban(actor: Actor, server: ServerId, who: string, reason: string): Promise<void>
  unban(actor: Actor, server: ServerId, who: string): Promise<void>
  /**
   * Decides that the branch of a forked feed of governance counts which this node holds (GOV-38). NOT_FOUND: the feed does
   * not fork, or nothing beyond is held here; BAD_REQUEST: it holds messages; QUOTA: it is too long for one event.
   */
  resolveFork(actor: Actor, feed: FeedId): Promise<{ readonly event: EventId; readonly restored: number }>
  /** An owner names those who may hand the server on when no owner is there. NOT_ALLOWED: the actor is no owner. */
  nameGuardians(
    actor: Actor,
    server: ServerId,
    named: SuccessionNames & { readonly guardians: readonly string[] },
  ): Promise<SuccessionResult>
  /** By an owner it is done at once; by a guardian it waits for others. NOT_ALLOWED: the actor is neither. */
  proposeOwners(
    actor: Actor,
    server: ServerId,
    named: SuccessionNames & { readonly owners: readonly string[] },
  ): Promise<SuccessionResult>
  /** A guardian's word; without an id for the one that there is. NOT_FOUND, NOT_ALLOWED, BAD_REQUEST when there are several. */
  approveOwners(actor: Actor, server: ServerId, proposal?: EventId): Promise<SuccessionResult>
  /** `untilMs` in the past ends a time-out. */
  timeout(actor: Actor, server: ServerId, who: string, untilMs: number): Promise<void>
}

export interface SuccessionNames {
  /** User names of this node or addresses, members now. Undefined: those that are guardians and will not be owners. */
  readonly guardians?: readonly string[] | undefined
  /** Undefined: more than half of them. */
  readonly threshold?: number | undefined
}

export interface Servers extends Questions, Operations {
  /** From `at` on the feed counts for nothing: it is proven that its node wrote two histories (SYNC-11). At any time. */
  fork(feed: FeedId, at: number): void
  /** Reads the governance channels in the log. Before this, there are no servers. */
  start(): Promise<void>
  /** Takes committed entries, of any channel, in any order, repeated or not; others than governance events are passed over. */
  apply(entries: readonly Entry[]): void
  /** What `isDomainOf` answers has changed. */
  readdress(): void
  /** Returns the unsubscribe. Called after the state has changed, once per `apply`. */
  onChanged(listener: (kind: ChangeKind) => void): () => void
}

/** What servers are called here when it is not by their own handle; kept across starts. */
export interface ServerHandles {
  get(server: ServerId): Handle | undefined
  put(server: ServerId, handle: Handle): void
}

export interface ServersComponents {
  readonly handles?: ServerHandles
  /** Is that the domain of that node, checked both ways (TRUST-6)? Undefined: taken as nodes say. */
  readonly isDomainOf?: (domain: string, node: NodeId) => boolean
  readonly append: (draft: Draft) => Promise<Appended>
  readonly log: Pick<Log, 'feeds' | 'page' | 'slice'>
  /** CERT-1, of all keys of a node that are known. */
  readonly certificatesOf?: (node: NodeId) => readonly Uint8Array[]
  readonly random: (bytes: number) => Uint8Array
  readonly clock: { now(): number }
}

export interface ServersInit {
  readonly nodeId: NodeId
  /** The domain of addresses: `home.example`, or the node id. */
  readonly nodeName: string
}
