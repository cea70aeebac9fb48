/** DMs and groups: opening them, who belongs to them, and the seats that this node takes in them for its users. */
import {
  controlChannelOf,
  conversationAt,
  groupPlace,
  isGroupName,
  pairId,
  type ConversationAct,
  writeConversationAct,
} from '../../spec/conversation.ts'
import { encodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId, FeedId, MemberId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { splitPerson, type Person } from '../../spec/person.ts'
import { refusalOf } from './consent.ts'
import type { Conversation, Seat } from './conversation.ts'
import type { Answer, Asked, ConversationInfo, FriendOperations } from './friends.ts'
import { unknown } from './people.ts'
import { isUnheard } from './requests.ts'
import type { Room } from './room.ts'

type Operations = Pick<
  FriendOperations,
  'openDm' | 'createGroup' | 'addToGroup' | 'removeFromGroup' | 'leaveGroup' | 'renameGroup' | 'conversations'
>

export interface DirectMessages extends Operations {
  readonly answers: Readonly<Record<'dm.open' | 'dm.add', (asked: Asked) => Promise<Answer>>>
  /** FRIEND-15, FRIEND-18: takes the seats of this node's users who let themselves be reached. */
  seat(conversation: Conversation): Promise<void>
  /** FRIEND-17: of a node that was away when its users were added. */
  askAgain(node: NodeId): Promise<void>
  /** FRIEND-19: something of this node was stored beyond a cut that was made here. */
  raise(conversation: Conversation, feed: FeedId): Promise<void>
  info(user: UserName, conversation: Conversation): ConversationInfo
}

/** Who writes an act, and under what. */
type Under = { readonly member: MemberId; readonly auth: EventId | undefined }

export const createDirectMessages = (room: Room): DirectMessages => {
  const { relations, consent, people, conversations, ask } = room
  /** Seats being taken: by conversation and person. */
  const taking = new Map<string, Promise<void>>()
  /** Cuts made here, by conversation: who was cut, and by whom. */
  const cuts = new Map<ChannelId, { readonly person: Person; readonly by: Seat }[]>()

  const write = async (id: ChannelId, { member, auth }: Under, act: ConversationAct): Promise<void> => {
    const draft = { channel: controlChannelOf(id), member, auth, type: act.type, body: writeConversationAct(act) }
    const { entry } = await room.append(draft)
    room.take([entry])
  }
  const newMember = (): Under => ({ member: encodeBase32(room.random(16)) as MemberId, auth: undefined })

  /** NOT_FOUND: there is none, or the user has no part in it. */
  const enter = (user: UserName, channel: ChannelId): { readonly conversation: Conversation; readonly seat: Seat } => {
    const conversation = conversations.get(channel)
    const seat = conversation?.seatOf(people.mine(user))
    if (conversation?.kind !== 'group' || seat === undefined) {
      throw new HearthError('NOT_FOUND', 'there is no such group')
    }
    return { conversation, seat }
  }
  const find = async (user: UserName, who: string): Promise<Person> => {
    const person = await people.find(who)
    if (person === people.mine(user)) throw new HearthError('BAD_REQUEST', 'that is you')
    return person
  }
  /** FRIEND-17: at most `limits.groupsPerUserMax`, whoever made them. */
  const isInManyGroups = (user: UserName): boolean => {
    const me = people.mine(user)
    const groups = conversations.of(me).filter((one) => one.kind === 'group' && one.seatOf(me) !== undefined)
    return groups.length >= limits.groupsPerUserMax
  }
  const checkName = (name: string): void => {
    if (!isGroupName(name))
      throw new HearthError('BAD_REQUEST', 'name: has at most 80 characters and no control characters')
  }

  const openSide = (id: ChannelId, user: UserName, pair: readonly [Person, Person]): Promise<void> =>
    once(`${id} ${user}`, async () => {
      if (conversations.get(id)?.seatOf(people.mine(user)) !== undefined) return
      await write(id, newMember(), { type: 'dm.open', pair, user })
    })
  const joinGroup = (
    { id, seatOf }: Pick<Conversation, 'id' | 'seatOf'>,
    user: UserName,
    auth: EventId,
  ): Promise<void> =>
    once(`${id} ${user}`, async () => {
      if (seatOf(people.mine(user)) !== undefined) return
      await write(id, { ...newMember(), auth }, { type: 'dm.join', user })
    })
  /** A seat that is being taken is not taken twice. */
  const once = (key: string, task: () => Promise<void>): Promise<void> => {
    const running = taking.get(key) ?? task().finally(() => taking.delete(key))
    taking.set(key, running)
    return running
  }

  const info = (user: UserName, conversation: Conversation): ConversationInfo => {
    const { id, kind = 'pair', name, owner } = conversation
    const other = kind === 'pair' ? partnerOf(conversation, people.mine(user)) : undefined
    const isRequest =
      other !== undefined && conversation.seatOf(other) !== undefined && consent.reach(user, other) === 'request'
    return {
      channel: id,
      kind,
      name,
      ...(owner !== undefined && { owner: people.info(owner).address }),
      request: isRequest,
      people: [...conversation.people.keys()].map((person) => {
        const { address, name } = people.info(person)
        return { address, name }
      }),
    }
  }
  /** At most `expectedMax`; the oldest is forgotten: its node asks again. */
  const expect = async (place: ServerId, from: NodeId): Promise<void> => {
    const [oldest] = room.expected.all()
    if (room.expected.size >= expectedMax && oldest !== undefined) await room.expected.delete(oldest[0])
    await room.expected.put(place, { from, since: room.clock.now() })
    room.changed()
  }

  /** What the person's node has written in the conversation, as far as it is here. */
  const headsOf = (id: ChannelId, person: Person): Map<FeedId, number> => {
    const { node } = splitPerson(person)
    return new Map(room.log.feeds(id).flatMap((feed) => (feed.node === node ? [[feed.feed, feed.head] as const] : [])))
  }
  const remove = async (conversation: Conversation, by: Seat, person: Person): Promise<void> => {
    const { id } = conversation
    if (!conversation.people.has(person)) throw new HearthError('NOT_FOUND', 'they are not in the group')
    cuts.set(id, [...(cuts.get(id) ?? []), { person, by }].slice(-limits.peoplePerGroupMax))
    await write(id, by, { type: 'dm.remove', person, cuts: headsOf(id, person) })
  }

  return {
    info,
    async openDm(user, who) {
      const me = people.mine(user)
      const other = await find(user, who)
      if (relations.isBlocked(user, other)) throw new HearthError('NOT_ALLOWED', 'you block them; unblock them first')
      try {
        await ask(user, other, 'dm.open')
      } catch (error) {
        // FRIEND-23: to a friend whose node is away one may write; it waits.
        if (!isUnheard(error) || !consent.areFriends(user, other)) throw error
      }
      if (!consent.areFriends(user, other)) await room.update(user, other, (old) => ({ ...old, invited: true }))
      const id = pairId(room.hash, me, other)
      await openSide(id, user, pairOf(me, other))
      const conversation = conversations.get(id)
      if (conversation === undefined) throw new HearthError('INTERNAL', 'the conversation was opened but is not there')
      room.changed()
      return info(user, conversation)
    },

    async createGroup(user, { name, members }) {
      checkName(name)
      if (isInManyGroups(user)) {
        throw new HearthError('QUOTA', `you are in ${limits.groupsPerUserMax} groups; leave one first`)
      }
      const owner = people.mine(user)
      const others = [...new Set(await Promise.all(members.map((who) => find(user, who))))].sort()
      if (others.length >= limits.peoplePerGroupMax) throw tooMany()
      const random = room.random(16)
      const place = groupPlace(room.hash, owner, random)
      const id = conversationAt(place)
      for (const person of others) await askFriend(room, user, person, place)
      await write(id, newMember(), { type: 'dm.create', random, owner, name, people: others })
      const conversation = conversations.get(id)
      if (conversation === undefined) throw new HearthError('INTERNAL', 'the group was made but is not there')
      return info(user, conversation)
    },

    async addToGroup(user, channel, who) {
      const { conversation, seat } = enter(user, channel)
      const person = await find(user, who)
      if (conversation.people.has(person)) return
      if (conversation.people.size >= limits.peoplePerGroupMax) throw tooMany()
      await askFriend(room, user, person, conversation.place)
      await write(channel, seat, { type: 'dm.add', person })
      if (!conversation.people.has(person)) throw tooMany()
    },
    async removeFromGroup(user, channel, who) {
      const { conversation, seat } = enter(user, channel)
      const person = await people.find(who)
      if (person !== seat.person && conversation.owner !== seat.person) {
        throw new HearthError('NOT_ALLOWED', 'only the owner of the group may do that')
      }
      await remove(conversation, seat, person)
    },
    async leaveGroup(user, channel) {
      const { conversation, seat } = enter(user, channel)
      await remove(conversation, seat, seat.person)
    },
    async renameGroup(user, channel, name) {
      checkName(name)
      const { seat } = enter(user, channel)
      await write(channel, seat, { type: 'dm.rename', name })
    },
    conversations: (user) => {
      const me = people.mine(user)
      return conversations
        .of(me)
        .filter((one) => one.seatOf(me) !== undefined)
        .sort((a, b) => ((a.lastId ?? '') < (b.lastId ?? '') ? 1 : -1))
        .map((one) => info(user, one))
    },

    answers: {
      'dm.open': async ({ from, to }) => {
        if (!room.hasUser(to)) throw unknown()
        const reach = consent.reach(to, from)
        const refusal = refusalOf(reach)
        if (refusal !== undefined) throw refusal
        return {}
      },
      'dm.add': async ({ from, to, place }) => {
        const reach = room.hasUser(to) ? consent.mayAdd(to, from) : undefined
        const refusal = reach === undefined ? unknown() : refusalOf(reach)
        if (refusal !== undefined) throw refusal
        if (reach === 'yes' && isInManyGroups(to)) throw new HearthError('QUOTA', 'they are in too many groups')
        const isHere = place === undefined || conversations.get(conversationAt(place))?.kind !== undefined
        if (isHere || reach === 'silence' || people.localUser(from) !== undefined) return {}
        await expect(place, splitPerson(from).node)
        return {}
      },
    },

    async askAgain(node) {
      for (const conversation of conversations.all()) {
        for (const [person, { seat, by }] of conversation.people) {
          const user = people.localUser(by)
          if (seat !== undefined || user === undefined || splitPerson(person).node !== node) continue
          if (conversation.kind === 'group') await ask(user, person, 'dm.add', conversation.place).catch(room.unheard)
        }
      }
    },

    async seat(conversation) {
      const { id, kind } = conversation
      for (const [person, { seat, by, grant }] of conversation.people) {
        const user = people.localUser(person)
        if (user === undefined || seat !== undefined || !room.hasUser(user)) continue
        const from = kind === 'pair' ? partnerOf(conversation, person) : by
        if (from === undefined || conversation.seatOf(from) === undefined) continue
        const reach = kind === 'pair' ? consent.reach(user, from) : consent.mayAdd(user, from)
        if (reach !== 'yes' && reach !== 'request') continue
        if (kind === 'group' && isInManyGroups(user)) continue
        if (kind === 'pair') await openSide(id, user, pairOf(person, from))
        else await joinGroup(conversation, user, grant)
        if (conversation.seatOf(person) === undefined) continue
        room.tell(user, { type: 'dm.opened', conversation: info(user, conversation) })
      }
    },

    async raise(conversation, feed) {
      const { id } = conversation
      for (const { person, by } of cuts.get(id) ?? []) {
        const heads = headsOf(id, person)
        if (!heads.has(feed) || conversation.people.has(person)) continue
        await write(id, by, { type: 'dm.remove', person, cuts: heads })
      }
    },
  }
}

/** FRIEND-17: their node says whether they let themselves be added. */
const askFriend = async (
  { consent, ask }: Room,
  user: UserName,
  person: Person,
  place: ServerId | undefined,
): Promise<void> => {
  if (!consent.areFriends(user, person)) throw new HearthError('NOT_FRIEND')
  try {
    await ask(user, person, 'dm.add', place)
  } catch (error) {
    if (!isUnheard(error)) throw error
  }
}

/** The other one of a pair. */
export const partnerOf = ({ people }: Pick<Conversation, 'people'>, me: Person): Person | undefined => {
  for (const person of people.keys()) if (person !== me) return person
  return undefined
}

const pairOf = (one: Person, other: Person): [Person, Person] => (one < other ? [one, other] : [other, one])

const expectedMax = 1_000

const tooMany = (): HearthError => new HearthError('QUOTA', `a group has at most ${limits.peoplePerGroupMax} people`)
