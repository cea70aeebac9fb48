/**
 * The room of friends, blocks and conversations (spec/friends.md). Questions are answered at once from memory. What
 * another person's node has to say is asked there, also when it is this one.
 */
import type { ChannelId, FeedId, MemberId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import type { Permission } from '../../spec/permissions.ts'
import type { Person } from '../../spec/person.ts'
import type { Privacy } from '../../spec/friends.ts'
import type { Draft, Appended, Entry, Log } from '../log/log.ts'
import type { Author, Authorised, ChannelInfo, MemberInfo, Questions } from '../servers/servers.ts'
import type { Store } from '../store/store.ts'
import type { Judged } from './conversation.ts'

export interface PersonInfo extends Author {
  readonly person: Person
}

export interface FriendInfo extends PersonInfo {
  readonly standing: 'friend' | 'incoming' | 'outgoing'
  /** Unix ms. */
  readonly since: number
}

export interface ConversationInfo {
  readonly channel: ChannelId
  readonly kind: 'pair' | 'group'
  readonly name: string
  readonly owner?: string
  readonly request: boolean
  readonly people: readonly Author[]
}

/** A conversation, for replication. */
export interface Replica {
  readonly place: ServerId
  readonly channel: ChannelId
  readonly control: ChannelId
  /** Of those who belong to it, this one too. */
  readonly nodes: ReadonlySet<NodeId>
  /** They, and those of people who are out, who learn so in the control channel. */
  readonly told: ReadonlySet<NodeId>
}

export interface FriendQuestions {
  /** As of servers. NOT_FRIEND; NOT_ALLOWED for a permission that conversations do not have. */
  authorise(user: UserName, channel: ChannelId, permission: Permission): Authorised
  may(user: UserName, channel: ChannelId, permission: Permission): boolean
  covers(event: Judged & { readonly channel: ChannelId }): boolean
  /** As a channel: its `server` is its own id, its handle is empty. */
  channel(id: ChannelId): ChannelInfo | undefined
  channelsOf(user: UserName): ChannelInfo[]
  /** Who has a seat. */
  members(id: ChannelId): MemberInfo[]
  /** As `may`, of anybody of any node: may they reach those of this node? */
  memberMay(who: Pick<MemberInfo, 'node' | 'member'>, channel: ChannelId, permission: Permission): boolean
  userOf(member: MemberId): UserName | undefined
  /** Undefined: no author in any conversation. */
  authorOf(node: NodeId, member: MemberId): Author | undefined
  judgeRemote(
    event: Pick<Judged, 'node' | 'member' | 'auth'> & { readonly channel: ChannelId },
  ): 'kept' | 'waiting' | 'forged'
  /** FRIEND-23, FRIEND-24: conversations that other nodes take part in, or will. */
  replicas(): readonly Replica[]

  /** FRIEND-8: is this, said by anybody anywhere, unseen by the user? */
  hides(user: UserName, entry: Pick<Entry, 'node' | 'member' | 'position'>): boolean
  /** The same by Unix ms, for what is known by its time only; `Infinity`: do they block the author now? */
  hidesAt(user: UserName, author: Pick<Entry, 'node' | 'member'>, ms: number): boolean
  /** Has the user ever blocked anybody? */
  hasBlocks(user: UserName): boolean
  /** Users from whom what this author says now is withheld; undefined: nobody. */
  withheldFrom(author: Pick<Entry, 'node' | 'member'>): ReadonlySet<UserName> | undefined
  /** The same for what is said by a user of this node and not stored: typing. */
  withheldFromUser(user: UserName): ReadonlySet<UserName> | undefined
  /** FRIEND-9: presence goes to friends and people of a shared server … */
  maySeePresence(viewer: UserName, subject: UserName): boolean
  /** … but not where one blocks the other. */
  isPresenceHidden(viewer: UserName, subject: UserName): boolean
  /** May the viewer hold a subscription on it? A block does not show here. */
  mayAskPresence(viewer: UserName, subject: UserName): boolean

  /** The same of a person of another node, as far as this side knows: their own node says more (SYNC-18). */
  maySeePerson(viewer: UserName, person: Person): boolean
  mayAskPerson(viewer: UserName, person: Person): boolean
  sharesServerWith(viewer: UserName, person: Person): boolean
  blocks(user: UserName, person: Person): boolean
  /** What the person is called; whether there is one, their node knows. */
  personInfo(person: Person): PersonInfo
  /** Users of this node who count the person as a friend. */
  friendsHere(person: Person): ReadonlySet<UserName>
  /** Whom of that node the user counts as a friend, and whom they block; ascending. */
  relationsWith(user: UserName, node: NodeId): { readonly friends: UserName[]; readonly blocked: UserName[] }
}

/** Each throws HearthError, see `spec/calls/`. People are named as FRIEND-1 says. */
export interface FriendOperations {
  request(user: UserName, who: string): Promise<'friend' | 'outgoing'>
  accept(user: UserName, who: string): Promise<void>
  decline(user: UserName, who: string): Promise<void>
  remove(user: UserName, who: string): Promise<void>
  list(user: UserName): FriendInfo[]

  block(user: UserName, who: string): Promise<void>
  unblock(user: UserName, who: string): Promise<void>
  blocked(user: UserName): PersonInfo[]
  privacy(user: UserName): Privacy
  setPrivacy(user: UserName, change: Partial<Privacy>): Promise<Privacy>

  openDm(user: UserName, who: string): Promise<ConversationInfo>
  createGroup(
    user: UserName,
    group: { readonly name: string; readonly members: readonly string[] },
  ): Promise<ConversationInfo>
  addToGroup(user: UserName, channel: ChannelId, who: string): Promise<void>
  removeFromGroup(user: UserName, channel: ChannelId, who: string): Promise<void>
  leaveGroup(user: UserName, channel: ChannelId): Promise<void>
  renameGroup(user: UserName, channel: ChannelId, name: string): Promise<void>
  conversations(user: UserName): ConversationInfo[]
}

/** FRIEND-22: what one node asks another about two people, `from` at the asking node and `to` at the answering one. */
export type FriendMethod = 'friend.request' | 'friend.accept' | 'friend.remove' | 'dm.open' | 'dm.add'

export interface Asked {
  readonly from: Person
  readonly to: UserName
  /** Of `dm.add`: the group. */
  readonly place?: ServerId | undefined
}

export interface Friends extends FriendQuestions, FriendOperations, AsyncDisposable {
  /** Who an author is may have changed. */
  forget(): void
  /** Takes committed entries of any channel, in any order, repeated or not. */
  apply(entries: readonly Entry[]): void
  /** GOV-14: it is proven that from `at` on the feed counts for nothing. At any time. */
  fork(feed: FeedId, at: number): void
  /** The recipient's side: every call of another node, whose member `from` is proven to be. Throws HearthError. */
  answer(method: FriendMethod, asked: Asked): Promise<Answer>
  /** Who may see, read or do what has changed. Returns the unsubscribe. */
  onChanged(listener: () => void): () => void
  /** Every DM in which somebody who was away still waits to be let in has been looked at. */
  settled(): Promise<void>
}

export interface Answer {
  readonly standing?: 'friend' | 'outgoing'
}

/** How other nodes are asked: NODE_DOWN and NO_ANSWER where they are not there, or what they refuse with. */
export interface Remote {
  request(
    node: NodeId,
    method: FriendMethod,
    body: { readonly from: UserName; readonly to: UserName; readonly place?: ServerId | undefined },
  ): Promise<Answer>
  /** A node can be asked from now on. Returns the unsubscribe. */
  onReachable(listener: (node: NodeId) => void): () => void
  /** The node that a domain stands for. NOT_FOUND. */
  nodeOf(domain: string): Promise<NodeId>
  /** What a node's addresses end with: its domain, or its id. */
  nameOf(node: NodeId): string
}

export interface FriendsComponents {
  readonly store: Store
  readonly log: Pick<Log, 'feeds' | 'page' | 'position'>
  readonly append: (draft: Draft) => Promise<Appended>
  readonly clock: { now(): number }
  readonly random: (bytes: number) => Uint8Array
  readonly hash: (bytes: Uint8Array) => Uint8Array
  readonly servers: Pick<Questions, 'sharesServer' | 'sharesServerWith' | 'authorOf'>
  /** Is there an account that can be reached? */
  readonly hasUser: (user: UserName) => boolean
  readonly remote: Remote
  /** To `u/{user}/inbox`. */
  readonly tell: (user: UserName, notice: Notice) => void
  /** Tells the viewer what they see of the subject now: their presence, or that they are offline. */
  readonly presenceChanged: (viewer: UserName, subject: UserName, isVisible: boolean) => void
  /** The same, of somebody of another node. */
  readonly personShown: (viewer: UserName, person: Person, isVisible: boolean) => void
  /** What the user is to a person of another node has changed: friend, block, or no more. */
  readonly relationChanged: (user: UserName, person: Person) => void
  readonly logger: { warn(fields: object, message: string): void }
}

export interface FriendsInit {
  readonly nodeId: NodeId
}

/** FRIEND-21 */
export type Notice =
  | { readonly type: 'friend.request' | 'friend.accepted'; readonly from: Author }
  | { readonly type: 'friend.changed'; readonly address: string }
  | { readonly type: 'dm.opened' | 'dm.changed'; readonly conversation: ConversationInfo }
  | { readonly type: 'dm.closed'; readonly channel: ChannelId }
