/** All conversations that this node knows, as they follow from the control channels of the log. */
import { conversationOf } from '../../spec/conversation.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import { authorKey, type AuthorKey } from '../../spec/governance/names.ts'
import type { ChannelId, EventId, FeedId } from '../../spec/ids.ts'
import type { Person } from '../../spec/person.ts'
import type { Entry, Log } from '../log/log.ts'
import { createConversation, type Conversation } from './conversation.ts'

export interface Conversations {
  load(log: Pick<Log, 'feeds' | 'page'>): Promise<void>
  /** Takes any committed entries; returns the conversations that changed. */
  apply(entries: readonly Entry[]): ReadonlySet<Conversation>
  /** GOV-14; those that changed. */
  fork(feed: FeedId, at: number): ReadonlySet<Conversation>
  get(id: ChannelId): Conversation | undefined
  /** Those that the person belongs to. */
  of(person: Person): Conversation[]
  /** Who writes under this member id, in any conversation. */
  personOf(author: AuthorKey): Person | undefined
  all(): Iterable<Conversation>
}

export const createConversations = (hash: Sha256): Conversations => {
  const byId = new Map<ChannelId, Conversation>()
  const byPerson = new Map<Person, Set<Conversation>>()
  const byAuthor = new Map<AuthorKey, Person>()
  const forks = new Map<FeedId, number>()

  const make = (id: ChannelId): Conversation => {
    const conversation = createConversation(id, hash)
    for (const [feed, at] of forks) conversation.fork(feed, at)
    return conversation
  }

  const applyTo = (id: ChannelId, entries: readonly Entry[]): Conversation | undefined => {
    const conversation = byId.get(id) ?? make(id)
    if (!conversation.apply(entries)) return undefined
    byId.set(id, conversation)
    for (const person of conversation.people.keys()) {
      const theirs = byPerson.get(person)
      if (theirs === undefined) byPerson.set(person, new Set([conversation]))
      else theirs.add(conversation)
    }
    for (const { node, member } of entries) {
      const author = authorKey(node, member)
      const person = conversation.personOf(author)
      if (person !== undefined) byAuthor.set(author, person)
    }
    return conversation
  }

  const apply = (entries: readonly Entry[]): ReadonlySet<Conversation> => {
    const groups = new Map<ChannelId, Entry[]>()
    for (const entry of entries) {
      if (!entry.type.startsWith('dm.')) continue
      const id = conversationOf(entry.channel)
      if (id === undefined) continue
      const group = groups.get(id)
      if (group === undefined) groups.set(id, [entry])
      else group.push(entry)
    }
    const changed = new Set<Conversation>()
    for (const [id, group] of groups) {
      const conversation = applyTo(id, group)
      if (conversation !== undefined) changed.add(conversation)
    }
    return changed
  }

  return {
    async load(log) {
      for (const channel of new Set(log.feeds().map((feed) => feed.channel))) {
        if (conversationOf(channel) !== undefined) for await (const page of pagesOf(log, channel)) apply(page)
      }
    },
    apply,
    fork(feed, at) {
      forks.set(feed, Math.min(at, forks.get(feed) ?? Infinity))
      return new Set([...byId.values()].filter((conversation) => conversation.fork(feed, at)))
    },
    get: (id) => byId.get(id),
    of: (person) => [...(byPerson.get(person) ?? [])].filter(({ people }) => people.has(person)),
    personOf: (author) => byAuthor.get(author),
    all: () => byId.values(),
  }
}

/** Of a server's governance, which has the same kind of id, only the first page is read. */
async function* pagesOf(log: Pick<Log, 'page'>, channel: ChannelId): AsyncGenerator<Entry[]> {
  let after = beforeAllIds
  for (;;) {
    const page = await log.page(channel, { after }, pageSize)
    const last = page.at(-1)
    if (last === undefined || !page.some(({ type }) => type.startsWith('dm.'))) return
    yield page
    after = last.id
  }
}

const beforeAllIds = '00000000-0000-7000-8000-000000000000' as EventId
const pageSize = 200
