import { decodeMessage, encodeMessage } from '../../../../spec/message.ts'
import { authorKey } from '../../../../spec/governance/names.ts'
import type { ChannelId, EventId, MemberId, ServerId, UserName } from '../../../../spec/ids.ts'
import type { InboxMessage } from '../../../../spec/inbox.ts'
import type { Mention } from '../../../../spec/mentions.ts'
import { createInbox, type Inbox } from '../../../../node/inbox/create-inbox.ts'
import type { InboxComponents } from '../../../../node/inbox/components.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import type { NodeKeys } from '../../../../node/log/components.ts'
import type { Entry, Log } from '../../../../node/log/log.ts'
import { createFollows, type Follows } from '../../../../node/messages/follows.ts'
import { createJoinThreads } from '../../../../node/messages/thread-members.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { relations } from '../messages/fixture.ts'
import { channelId, components, createKeys, memberId } from '../log/fixture.ts'

export const user = (name: string): UserName => name as UserName
export const server = 'a'.repeat(52) as ServerId

/** A log, its inbox, and people of one server who may read every channel. */
export interface House {
  readonly log: Log
  readonly inbox: Inbox
  readonly keys: NodeKeys
  readonly clock: { ms: number }
  readonly store: InboxComponents['store']
  readonly channels: readonly ChannelId[]
  readonly members: ReadonlyMap<UserName, MemberId>
  /** What was sent to `u/{user}/inbox`. */
  readonly sent: { readonly user: UserName; readonly message: InboxMessage }[]
  readonly connected: Set<UserName>
  readonly blocked: Set<MemberId>
  readonly hidden: Set<EventId>
  readonly readable: (user: UserName, channel: ChannelId) => boolean
  /** Runs what was put off. */
  later(): Promise<void>
  readonly follows: Follows
  say(name: string, channel: ChannelId, text?: string, mentions?: readonly Mention[], thread?: EventId): Promise<Entry>
  mention(name: string): Mention
  /** The inbox anew on the same store, as after a kill -9. */
  restart(changes?: Pick<HouseInit, 'pending'>): Promise<House>
}

export interface HouseInit {
  readonly keys?: NodeKeys
  readonly channels?: readonly ChannelId[]
  readonly members?: ReadonlyMap<UserName, MemberId>
  readonly clock?: { ms: number }
  readonly windowMax?: number
  readonly keptMax?: number
  readonly store?: InboxComponents['store']
  readonly log?: Log
  readonly joined?: EventId
  /** The requests that wait, of everybody. */
  readonly pending?: ReturnType<NonNullable<InboxComponents['pending']>>
}

export const names = ['alice', 'bob', 'carol']

export const openHouse = async (init: HouseInit = {}): Promise<House> => {
  const { keys = createKeys(), channels = [channelId(), channelId()], clock = { ms: 2_000_000 } } = init
  const members = init.members ?? new Map(names.map((name) => [user(name), memberId()]))
  const store = init.store ?? createMemoryStore()
  const log =
    init.log ??
    (await createLog(components({ store: createMemoryStore(), relations, keys, clock: { now: () => clock.ms } })))
  const sent: House['sent'][number][] = []
  const connected = new Set<UserName>(members.keys())
  const blocked = new Set<MemberId>()
  const hidden = new Set<EventId>()
  const put: (() => void)[] = []
  const nameOf = new Map([...members].map(([name, member]) => [member, name]))
  const readable = (name: UserName, channel: ChannelId): boolean => members.has(name) && channels.includes(channel)
  const follows = await createFollows(store)
  const joined = init.joined ?? ('00000000-0000-7000-8000-000000000000' as EventId)

  const memberInfo = (name: UserName) => ({
    node: keys.nodeId,
    member: members.get(name) ?? memberId(),
    address: `${name}@home.example`,
    name,
    user: name,
    rank: 10,
    roles: name === 'carol' ? ['20-crew'] : [],
    timeoutUntil: 0,
  })
  const isHidden: InboxComponents['isHidden'] = (_, { member }) => blocked.has(member)
  const userOf = (member: MemberId): UserName | undefined => nameOf.get(member)
  /** Of a node that was killed: nothing hears the log any more. */
  const cuts: (() => void)[] = []
  const heard = (stop: () => void): (() => void) => {
    cuts.push(stop)
    return stop
  }
  const parts: InboxComponents = {
    log: {
      get position() {
        return log.position
      },
      newest: (channel, after, limit) => log.newest(channel, after, limit),
      since: (some, from, limit) => log.since(some, from, limit),
      get: (id) => log.get(id),
      related: (channel, kind, range) => log.related(channel, kind, range),
      entries: (channel, ids) => log.entries(channel, ids),
      onCommitted: (listener) => heard(log.onCommitted(listener)),
      beginningOf: (channel) => log.beginningOf(channel),
      onRedacted: (listener) => heard(log.onRedacted(listener)),
      onRetained: (listener) => heard(log.onRetained(listener)),
    },
    store,
    follows,
    joinThreads: createJoinThreads({ log, servers: { userOf, may: readable }, follows, isHidden }, keys),
    clock: { now: () => clock.ms },
    logger: { error: (fields, message) => console.error(message, fields) },
    places: {
      channelsOf: () => channels.map(channelInfo),
      channel: (id) => (channels.includes(id) ? channelInfo(id) : undefined),
      server: () => undefined,
      authorise: (name, channel) =>
        readable(name, channel)
          ? { ok: true, member: members.get(name) ?? memberId(), auth: joined }
          : { ok: false, code: 'NOT_FOUND', reason: 'no' },
      may: readable,
      covers: (event) => !hidden.has((event as Entry).id),
      memberOf: (name) => (members.has(name) ? memberInfo(name) : undefined),
      members: () => [...members.keys()].map(memberInfo),
      userOf,
    },
    render: Object.assign(
      (entry: Entry) =>
        entry.body && {
          json: JSON.stringify({ id: entry.id, channel: entry.channel, body: decodeMessage(entry.body).text }),
          line: undefined,
          author: '',
        },
      { forget: () => undefined },
    ),
    ...(init.pending !== undefined && { pending: () => init.pending ?? new Map() }),
    connected: () => [...connected],
    isConnected: (name) => connected.has(name),
    mayMentionAll: ({ type }) => type === 'msg',
    send: (name, message) => sent.push({ user: name, message }),
    listens: (name) => connected.has(name),
    isHidden,
    later: (task) => {
      put.push(task)
      return () => put.splice(put.indexOf(task), 1)
    },
  }
  const inbox = await createInbox(parts, {
    nodeId: keys.nodeId,
    ...(init.windowMax !== undefined && { windowMax: init.windowMax }),
    ...(init.keptMax !== undefined && { keptMax: init.keptMax }),
  })
  inbox.start()
  for (const name of members.keys()) inbox.connected(name)
  await inbox.settled()

  return {
    log,
    inbox,
    keys,
    clock,
    store,
    channels,
    members,
    follows,
    sent,
    connected,
    blocked,
    hidden,
    readable,
    later: async () => {
      await inbox.settled()
      for (const task of put.splice(0)) task()
      await new Promise((resolve) => setImmediate(resolve))
    },
    mention: (name) => authorKey(keys.nodeId, members.get(user(name)) ?? memberId()),
    say: async (name, channel, text = 'hello', mentions = [], thread) =>
      (
        await log.append({
          channel,
          member: members.get(user(name)) ?? memberId(),
          auth: joined,
          type: 'msg',
          body: messageBody(text, mentions, thread),
        })
      ).entry,
    restart: async (changes = {}) => {
      for (const cut of cuts) cut() // kill -9: nobody is asked
      return openHouse({ ...init, ...changes, keys, channels, members, clock, store, log })
    },
  }
}

export const messageBody = (text: string, mentions: readonly Mention[] = [], thread?: EventId): Uint8Array =>
  encodeMessage({ clientMessageId: undefined, text, replyTo: undefined, thread, mentions })

const channelInfo = (id: ChannelId) => ({
  id,
  server,
  handle: 'general' as never,
  name: 'general',
  topic: '',
  category: '',
  private: false,
  archived: false,
})
