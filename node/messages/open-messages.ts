/** The room of messages: what becomes of them by the events about them (spec/messages.md). */
import type { Logger } from '../../broker/components.ts'
import { authorKey } from '../../spec/governance/names.ts'
import type { ChannelId, EventId, NodeId, UserName } from '../../spec/ids.ts'
import type { EventJson } from '../../spec/message.ts'
import type { CallHandler } from '../calls.ts'
import type { Friends } from '../friends/friends.ts'
import type { Ingest } from '../ingest.ts'
import type { Entry, PageAnchor } from '../log/log.ts'
import type { Render } from '../render.ts'
import type { Operations } from '../servers/servers.ts'
import type { Store } from '../store/store.ts'
import { messageCalls } from './calls.ts'
import type { MessageLog, MessageServers } from './components.ts'
import { emojiCalls } from './emoji-calls.ts'
import { createFollows, type Follows, type ThreadRef } from './follows.ts'
import { heardBy } from './heard.ts'
import { createHistory } from './history.ts'
import { createJudge, type Look } from './judge.ts'
import type { Finding } from './places.ts'
import { createRedactions } from './redactions.ts'
import { createStates, type Shown } from './states.ts'
import { threadCalls } from './thread-calls.ts'
import { createJoinThreads, type JoinThreads } from './thread-members.ts'

export interface MessagesComponents {
  readonly log: MessageLog
  readonly store: Store
  readonly servers: MessageServers &
    Finding &
    Pick<Operations, 'setEmoji'> & { onChanged(listener: (kind: 'permissions' | 'settings') => void): () => void }
  readonly logger: Logger
  /** Whom a reader does not hear (FRIEND-8). */
  readonly friends: Pick<Friends, 'hides' | 'hidesAt' | 'hasBlocks'>
}

export interface Messages {
  /** In the turn of the commit, once governance has taken it. Undefined: what was committed can be shown as it is. */
  committed(entries: readonly Entry[]): Promise<Look> | undefined
  /** For events that are read in the order of arrival. */
  look(entries: readonly Entry[]): Promise<Look>
  readonly follows: Follows
  readonly joinThreads: JoinThreads
  isDeleted(message: Entry): boolean
  page(
    reader: UserName,
    channel: ChannelId,
    anchor: PageAnchor,
    limit: number,
  ): Promise<{ events: EventJson[]; next?: EventId }>
  /** `told`: a user follows or left a thread, by a call. */
  calls(ingest: Ingest, told: (user: UserName, at: ThreadRef, isFollowed: boolean) => void): CallHandler[]
  /** Resolves when what was deleted before is gone from the disk. */
  settled(): Promise<void>
}

/** Shows messages to one reader. */
export type ShowTo = (reader: UserName, messages: readonly Entry[], shown: ReadonlyMap<EventId, Shown>) => EventJson[]

/** Reads what is stored, and does what a crash left undone. `render` comes after this room, which it asks. */
export const openMessages = async (
  { log, store, servers, logger, friends }: MessagesComponents,
  init: {
    readonly nodeId: NodeId
    readonly render: () => Render
    /** Default `limits.deletesWaitingMax`. */
    readonly deletesKeptMax?: number
  },
): Promise<Messages> => {
  const { deletesKeptMax: keptMax } = init
  const redactions = createRedactions({ log, servers, logger }, { ...(keptMax !== undefined && { keptMax }) })
  const isDeleted = (message: Entry): boolean => redactions.isDeleted(message)
  const states = createStates({ log, servers, isDeleted })
  const judge = createJudge({ log, servers, states }, { isLocal: ({ node }) => node === init.nodeId, isDeleted })
  const history = createHistory({ log, servers })
  const follows = await createFollows(store)
  const isHidden = (user: UserName, entry: Entry): boolean => friends.hides(user, entry)
  const joinThreads = createJoinThreads({ log, servers, follows, isHidden }, init)
  servers.onChanged((kind) => {
    if (kind !== 'permissions') return
    states.forget()
    redactions.retry()
  })
  await redactions.start()

  const show: ShowTo = (reader, messages, shown) =>
    messages.flatMap((message) => {
      if (friends.hides(reader, message)) return []
      const server = servers.channel(message.channel)?.server
      const me = server && servers.memberOf(reader, server)
      const key = me && authorKey(me.node, me.member)
      const rendered = init.render()(message, heardBy(friends, reader, message, shown.get(message.id)), key)
      return rendered === undefined ? [] : [JSON.parse(rendered.json) as EventJson]
    })

  return {
    committed(entries) {
      redactions.committed(entries)
      states.committed(entries)
      return judge.live(entries)
    },
    look: (entries) => judge.read(entries),
    follows,
    joinThreads,
    isDeleted,
    async page(reader, channel, anchor, limit) {
      const { messages, next } = await history.page(channel, anchor, limit)
      const events = show(reader, messages, await states.of(channel, messages))
      return next === undefined ? { events } : { events, next }
    },
    calls: (ingest, told) => [
      ...messageCalls({ log, servers, states, ingest, show, friends }),
      ...threadCalls({ log, servers, states, ingest, follows, show, friends, told }),
      ...emojiCalls(servers),
    ],
    settled: () => redactions.settled(),
  }
}
