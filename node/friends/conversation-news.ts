/** FRIEND-21: what has changed about a conversation, whoever changed it at whichever node, to those here who are in it. */
import type { ChannelId, UserName } from '../../spec/ids.ts'
import type { Conversation } from './conversation.ts'
import type { ConversationInfo } from './friends.ts'
import type { Room } from './room.ts'

export interface ConversationNews {
  /** What is so, of which nobody is told. */
  known(conversation: Conversation): void
  changed(conversation: Conversation): void
}

interface Known {
  readonly name: string
  readonly owner: string | undefined
  readonly people: readonly string[]
  /** Of this node, with a seat. */
  readonly users: readonly UserName[]
}

export const createConversationNews = (
  { people, tell }: Pick<Room, 'people' | 'tell'>,
  info: (user: UserName, conversation: Conversation) => ConversationInfo,
): ConversationNews => {
  const known = new Map<ChannelId, Known>()

  const read = (conversation: Conversation): Known => ({
    name: conversation.name,
    owner: conversation.owner,
    people: [...conversation.people.keys()],
    users: [...conversation.people].flatMap(([person, { seat }]) => {
      const user = seat === undefined ? undefined : people.localUser(person)
      return user === undefined ? [] : [user]
    }),
  })

  return {
    known: (conversation) => void known.set(conversation.id, read(conversation)),
    changed(conversation) {
      const { id } = conversation
      const before = known.get(id)
      const now = read(conversation)
      known.set(id, now)
      // Who has just got a seat is told that it was opened.
      for (const user of before?.users ?? []) {
        if (!now.users.includes(user)) tell(user, { type: 'dm.closed', channel: id })
        else if (before !== undefined && !isSame(before, now)) {
          tell(user, { type: 'dm.changed', conversation: info(user, conversation) })
        }
      }
    },
  }
}

const isSame = (a: Known, b: Known): boolean =>
  a.name === b.name &&
  a.owner === b.owner &&
  a.people.length === b.people.length &&
  a.people.every((person, i) => person === b.people[i])
