import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import { isConversationId } from '../../spec/conversation.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { isNodeId } from '../../spec/identifiers.ts'
import { isPerson, splitPerson, type Person } from '../../spec/person.ts'
import type { Entry } from '../log/log.ts'
import { createRecords } from '../store/records.ts'
import { createConsent } from './consent.ts'
import type { Conversation } from './conversation.ts'
import { createConversations } from './conversations.ts'
import { createConversationNews } from './conversation-news.ts'
import { createDirectMessages } from './direct-messages.ts'
import type { Answer, Asked, FriendMethod, Friends, FriendsComponents, FriendsInit } from './friends.ts'
import { createPeople } from './people.ts'
import { createFriendQuestions } from './questions.ts'
import { openRelations } from './relations.ts'
import { createRequests } from './requests.ts'
import type { Expected, Room } from './room.ts'

/** Reads what is stored; open for business when it resolves, except for what `start` finds undone. */
export const createFriends = async (components: FriendsComponents, { nodeId }: FriendsInit): Promise<Friends> => {
  const { store, log, servers, remote, logger } = components
  const relations = await openRelations(store, nodeId)
  const conversations = createConversations(components.hash)
  await conversations.load(log)
  const people = createPeople(remote, nodeId)
  const consent = createConsent(relations, servers, nodeId)
  const listeners = new Set<() => void>()
  const fading = new Set<string>()
  /** Seats being taken. */
  const underWay = new Set<Promise<void>>()

  const room: Room = {
    ...components,
    nodeId,
    relations,
    conversations,
    people,
    consent,
    position: () => log.position,
    expected: await createRecords(store, 'expected-groups', expectedRecord),
    ask: (from, to, method, place) => {
      const { user, node } = splitPerson(to)
      if (node === nodeId) return answer(method, { from: people.mine(from), to: user, place })
      return remote.request(node, method, { from, to: user, ...(place !== undefined && { place }) }).catch(unanswered)
    },
    take: (entries) => {
      const changed = conversations.apply(entries)
      for (const { place } of changed) {
        if (place !== undefined && room.expected.has(place)) inBackground(room.expected.delete(place))
      }
      for (const conversation of changed) {
        news.changed(conversation)
        takeSeats(conversation)
      }
      if (changed.size > 0) room.changed()
    },
    changed: () => {
      for (const listener of listeners) listener()
    },
    update: async (user, person, change) => {
      const other = people.localUser(person)
      const views = () => (other === undefined ? [viewOf(user, person)] : viewsOf(user, other))
      const before = views()
      const relation = await relations.update(user, person, change)
      room.changed()
      show(views().filter(({ isSeen }, index) => isSeen !== before[index]?.isSeen))
      if (other === undefined) components.relationChanged(user, person)
      return relation
    },
    seatBoth: (user, person) => {
      for (const conversation of conversations.of(people.mine(user))) {
        if (conversation.people.has(person)) takeSeats(conversation)
      }
    },
    isFading: (viewer, subject) => fading.has(`${viewer} ${subject}`),
    unheard: (error) => {
      if (!(error instanceof HearthError)) throw error
    },
  }
  const viewsOf = (one: UserName, other: UserName): View[] =>
    [
      { viewer: one, subject: other },
      { viewer: other, subject: one },
    ].map(({ viewer, subject }) => ({
      viewer,
      subject,
      isSeen: questions.maySeePresence(viewer, subject) && !questions.isPresenceHidden(viewer, subject),
    }))
  const viewOf = (viewer: UserName, person: Person): View => ({
    viewer,
    subject: person,
    isSeen: questions.maySeePerson(viewer, person) && !questions.blocks(viewer, person),
  })
  /** FRIEND-9: also who may see the other no more is told once, that they are offline. */
  const show = (views: readonly View[]): void => {
    if (views.length === 0) return
    for (const { viewer, subject } of views) fading.add(`${viewer} ${subject}`)
    room.changed()
    for (const { viewer, subject, isSeen } of views) {
      if (isPerson(subject)) components.personShown(viewer, subject, isSeen)
      else components.presenceChanged(viewer, subject, isSeen)
    }
    fading.clear()
    room.changed()
  }
  const requests = createRequests(room)
  const directMessages = createDirectMessages(room)
  const news = createConversationNews(room, (...of) => directMessages.info(...of))
  for (const conversation of conversations.all()) news.known(conversation)
  const questions = createFriendQuestions(room, servers)
  const answers = { ...requests.answers, ...directMessages.answers }
  const answer = (method: FriendMethod, asked: Asked): Promise<Answer> => answers[method](asked)

  const inBackground = (task: Promise<void>): void => {
    const settled = task
      .catch((error: unknown) => logger.warn({ err: error }, 'a conversation could not be joined; tried again later'))
      .finally(() => underWay.delete(settled))
    underWay.add(settled)
  }
  const takeSeats = (conversation: Conversation): void => {
    for (const [person, { seat }] of conversation.people) {
      if (seat === undefined && people.localUser(person) !== undefined) {
        inBackground(directMessages.seat(conversation))
        return
      }
    }
  }

  const followMessages = (entries: readonly Entry[]): void => {
    for (const entry of entries) {
      if (!isConversationId(entry.channel)) continue
      const conversation = conversations.get(entry.channel)
      if (conversation === undefined) continue
      takeSeats(conversation)
      if (entry.node === nodeId && !conversation.covers(entry))
        inBackground(directMessages.raise(conversation, entry.feed))
    }
  }

  for (const conversation of conversations.all()) takeSeats(conversation)
  const stopWaiting = remote.onReachable((node) => inBackground(directMessages.askAgain(node)))

  return {
    ...questions,
    ...requests,
    ...directMessages,
    answer,
    apply(entries) {
      room.take(entries)
      followMessages(entries)
    },
    fork(feed, at) {
      if (conversations.fork(feed, at).size > 0) room.changed()
    },
    onChanged(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    [Symbol.asyncDispose]: async () => {
      stopWaiting()
      listeners.clear()
      await Promise.all(underWay)
    },
  }
}

const expectedRecord: z.ZodType<Expected> = z.strictObject({
  from: z.custom<NodeId>(isNodeId),
  since: z.number(),
})

interface View {
  readonly viewer: UserName
  readonly subject: UserName | Person
  readonly isSeen: boolean
}

/** A node that knows no other. */
export const noRemote = (nameOf: FriendsComponents['remote']['nameOf']): FriendsComponents['remote'] => ({
  request: (node) => Promise.reject(new HearthError('NODE_DOWN', `no connection to ${node}`)),
  onReachable: () => () => undefined,
  nodeOf: (domain) => Promise.reject(new HearthError('NOT_FOUND', `there is no node ${domain} that is known here`)),
  nameOf,
})

/** To a client CONNECTION_LOST is its own connection. */
const unanswered = (error: unknown): never => {
  if (!(error instanceof HearthError) || error.code !== 'CONNECTION_LOST') throw error
  throw new HearthError('NO_ANSWER', 'their node went away before it answered; try again', { cause: error })
}
