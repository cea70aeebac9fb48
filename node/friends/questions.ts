/** Answers about conversations, blocks and presence, at once and from memory. */
import { controlChannelOf, conversationAt, conversationOf, pairPlace } from '../../spec/conversation.ts'
import type { ErrorCode } from '../../spec/errors.ts'
import { authorKey, type AuthorKey } from '../../spec/governance/names.ts'
import type { ChannelId, EventId, Handle, MemberId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import type { Permission } from '../../spec/permissions.ts'
import { personOf, splitPerson, type Person } from '../../spec/person.ts'
import type { Authorised, ChannelInfo } from '../servers/servers.ts'
import type { Conversation } from './conversation.ts'
import { refusalOf } from './consent.ts'
import { partnerOf } from './direct-messages.ts'
import type { FriendQuestions, FriendsComponents, Replica } from './friends.ts'
import { localPart } from './people.ts'
import { isBlocking, isHiddenAt, isHiddenAtMs, type Relation } from './relations.ts'
import type { Room } from './room.ts'

export const createFriendQuestions = (
  room: Room,
  servers: FriendsComponents['servers'],
): FriendQuestions & { forget(): void } => {
  const { relations, consent, people, conversations } = room
  const authors = new Map<AuthorKey, Person>()

  const authorise = (user: UserName, channel: ChannelId, permission: Permission): Authorised => {
    const conversation = conversations.get(channel)
    const me = people.mine(user)
    const seat = conversation?.seatOf(me)
    if (conversation === undefined || seat === undefined) return unseen
    if (permission !== 'read' && permission !== 'send') return noPermission
    const refusal = permission === 'send' && conversation.kind === 'pair' ? refused(user, conversation, me) : undefined
    return refusal ?? allowed(seat)
  }

  /** FRIEND-6 */
  const refused = (user: UserName, conversation: Conversation, me: Person): Authorised | undefined => {
    const other = partnerOf(conversation, me)
    if (other === undefined) return unseen
    if (relations.isBlocked(user, other)) return blocked
    const local = people.localUser(other)
    if (local === undefined) {
      const { standing, invited } = relations.get(user, other)
      return standing === 'friend' || invited ? undefined : notFriend
    }
    const refusal = refusalOf(consent.reach(local, me))
    return refusal && no(refusal.code, refusal.message)
  }

  /** An author is one person for good, unless erased. */
  const authorPerson = (node: NodeId, member: MemberId): Person => {
    const author = authorKey(node, member)
    const kept = conversations.personOf(author) ?? authors.get(author)
    if (kept !== undefined) return kept
    const person = personOf(localPart(servers.authorOf(node, member).address) as UserName, node)
    if (authors.size >= authorsKeptMax) authors.clear()
    authors.set(author, person)
    return person
  }

  const countsAsFriend = (user: UserName, person: Person): boolean => relations.get(user, person).standing === 'friend'
  const isFriend = (user: UserName, of: UserName): boolean => countsAsFriend(user, people.mine(of))

  /** FRIEND-6: asked of the one of this node to whom they write. */
  const reachesUs = (conversation: Conversation, from: Person): boolean => {
    const to = conversation.kind === 'pair' ? partnerOf(conversation, from) : undefined
    const user = to === undefined ? undefined : people.localUser(to)
    return user === undefined || refusalOf(consent.reach(user, from)) === undefined
  }

  /** FRIEND-23 */
  const mayMeet = (user: UserName, person: Person): boolean => {
    const { standing, invited } = relations.get(user, person)
    return standing === 'friend' || invited
  }

  return {
    authorise,
    may: (user, channel, permission) => authorise(user, channel, permission).ok,
    covers: (event) => conversations.get(event.channel)?.covers(event) ?? false,
    channel: (id) => {
      const conversation = conversations.get(id)
      return conversation?.kind === undefined ? undefined : infoOf(conversation)
    },
    channelsOf: (user) => {
      const me = people.mine(user)
      return conversations.of(me).flatMap((one) => (one.seatOf(me) === undefined ? [] : [infoOf(one)]))
    },
    authorOf: (node, member) => {
      const person = conversations.personOf(authorKey(node, member))
      return person === undefined ? undefined : people.info(person)
    },
    userOf: (member) => {
      const person = conversations.personOf(authorKey(room.nodeId, member))
      return person && people.localUser(person)
    },
    members: (id) =>
      [...(conversations.get(id)?.people ?? [])].flatMap(([person, { seat }]) => {
        if (seat === undefined) return []
        const { address, name } = people.info(person)
        const { node } = splitPerson(person)
        const user = people.localUser(person)
        return [{ node, member: seat.member, address, name, user, rank: memberRank, roles: [], timeoutUntil: 0 }]
      }),
    memberMay: ({ node, member }, channel, permission) => {
      const conversation = conversations.get(channel)
      const from = conversation?.personOf(authorKey(node, member))
      if (conversation === undefined || from === undefined) return false
      if (conversation.seatOf(from)?.member !== member || (permission !== 'read' && permission !== 'send')) return false
      return permission === 'read' || reachesUs(conversation, from)
    },
    judgeRemote: ({ channel, node, member, auth }) => {
      if (conversationOf(channel) !== undefined) return 'kept'
      const conversation = conversations.get(channel)
      if (conversation === undefined || auth === undefined) return 'waiting'
      const author = authorKey(node, member)
      const isGranted = conversation.isGrantedTo(auth, author)
      if (isGranted !== true) return isGranted === undefined ? 'waiting' : 'forged'
      const from = conversation.personOf(author)
      // FRIEND-6: of somebody who may not write here nothing is taken, until they may.
      return from === undefined || reachesUs(conversation, from) ? 'kept' : 'waiting'
    },
    replicas: () => {
      const all = new Map<ServerId, Replica>()
      const list = (place: ServerId, nodes: ReadonlySet<NodeId>, told = nodes): void => {
        if (told.size < 2 || !told.has(room.nodeId)) return
        const channel = conversationAt(place)
        all.set(place, { place, channel, control: controlChannelOf(channel), nodes, told })
      }
      for (const [user, person] of relations.remote()) {
        if (!mayMeet(user, person)) continue
        list(pairPlace(room.hash, people.mine(user), person), new Set([room.nodeId, splitPerson(person).node]))
      }
      for (const [place, { from }] of room.expected.all()) list(place as ServerId, new Set([room.nodeId, from]))
      for (const conversation of conversations.all()) {
        const nodes = new Set([...conversation.people.keys()].map((person) => splitPerson(person).node))
        if (conversation.place !== undefined) list(conversation.place, nodes, conversation.nodes())
      }
      return [...all.values()]
    },

    hides: (user, { node, member, position }) =>
      relations.hasBlocks(user) && isHiddenAt(relations.get(user, authorPerson(node, member)), position),
    hidesAt: (user, { node, member }, ms) =>
      relations.hasBlocks(user) && isHiddenAtMs(relations.get(user, authorPerson(node, member)), ms),
    hasBlocks: (user) => relations.hasBlocks(user),
    withheldFrom: ({ node, member }) => (relations.anyBlocked ? blockers(authorPerson(node, member)) : undefined),
    withheldFromUser: (user) => (relations.anyBlocked ? blockers(people.mine(user)) : undefined),
    mayAskPresence: (viewer, subject) => servers.sharesServer(viewer, subject) || isFriend(viewer, subject),
    maySeePresence: (viewer, subject) =>
      servers.sharesServer(viewer, subject) ||
      (isFriend(viewer, subject) && isFriend(subject, viewer)) ||
      room.isFading(viewer, subject),
    isPresenceHidden: (viewer, subject) =>
      relations.anyBlocked &&
      (relations.isBlocked(viewer, people.mine(subject)) || relations.isBlocked(subject, people.mine(viewer))),
    mayAskPerson: (viewer, person) => consent.sharesServer(viewer, person) || countsAsFriend(viewer, person),
    maySeePerson: (viewer, person) =>
      consent.sharesServer(viewer, person) || countsAsFriend(viewer, person) || room.isFading(viewer, person),
    sharesServerWith: (viewer, person) => consent.sharesServer(viewer, person),
    blocks: (user, person) => relations.isBlocked(user, person),
    personInfo: (person) => people.info(person),
    friendsHere: (person) => relations.friendsOf(person),
    relationsWith: (user, node) => {
      const theirs = [...relations.of(user)].filter(([person]) => splitPerson(person).node === node)
      const names = (counts: (relation: Relation) => boolean): UserName[] =>
        theirs.flatMap(([person, relation]) => (counts(relation) ? [splitPerson(person).user] : [])).sort()
      return { friends: names((one) => one.standing === 'friend' && !isBlocking(one)), blocked: names(isBlocking) }
    },
    forget: () => authors.clear(),
  }

  function blockers(person: Person): ReadonlySet<UserName> | undefined {
    const found = relations.blockersOf(person)
    return found.size === 0 ? undefined : found
  }
}

const allowed = ({ member, auth }: { readonly member: MemberId; readonly auth: EventId }): Authorised => ({
  ok: true,
  member,
  auth,
})
const no = (code: ErrorCode, reason: string): Authorised => ({ ok: false, code, reason })
const unseen = no('NOT_FOUND', 'there is no such channel, or it is not for you')
const noPermission = no('NOT_ALLOWED', 'there are no permissions in direct messages: one reads and writes')
const blocked = no('NOT_ALLOWED', 'you block them; unblock them first')
const notFriend = no('NOT_FRIEND', 'you are not friends; send a friend request first')
const infoOf = ({ id, name }: Conversation): ChannelInfo => ({
  id,
  server: id as string as ServerId,
  handle: '' as Handle,
  name,
  topic: '',
  category: '',
  private: true,
  archived: false,
})

/** GOV-8: of everybody who is nothing else. */
const memberRank = 100
const authorsKeptMax = 10_000
