import { readMark } from '../../spec/calls/read.mark.ts'
import { threadMark } from '../../spec/calls/thread.mark.ts'
import { threadUnread } from '../../spec/calls/thread.unread.ts'
import { unreadList } from '../../spec/calls/unread.list.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { inboxMessage } from '../../spec/inbox.ts'
import type { Change, Session } from '../sdk/index.ts'

export interface Count {
  readonly unread: number
  readonly mentions: number
}

/** A thread that the person follows. */
export interface Thread extends Count {
  readonly channel: ChannelId
  readonly thread: EventId
  /** The marker. */
  readonly position: number
}

/** Read markers and counts, which the person's node keeps for all devices (INBOX-1, INBOX-14). */
export interface Markers extends Disposable {
  /** What was read elsewhere counts as seen here. A node that has no such call changes nothing. */
  pull(): Promise<void>
  /** Of a channel that is not open: also what was said before this device knew it. Undefined: the node was not asked. */
  count(channel: ChannelId): Count | undefined
  /** In the order in which they were followed. */
  readonly threads: readonly Thread[]
  /** What the node tells of counts and markers. True: something changed. */
  take(message: Extract<Change, { kind: 'inbox' }>['message']): boolean
  /** Tells the node what was seen here, a moment later, when it is more than it knows. */
  push(): void
  /** All of the channel was on the screen: nothing is unread until the node says so. */
  saw(channel: ChannelId): void
  /** The same of a thread, up to there. */
  sawThread(channel: ChannelId, thread: EventId, position: number): void
}

export interface MarkersInit {
  /** Channel → last position that was seen here. */
  readonly seen: ReadonlyMap<ChannelId, number>
  readonly sawElsewhere: (channel: ChannelId, position: number) => void
}

/** What the node says of a channel. */
interface Known extends Count {
  readonly marker: number
}

/** Reading one line after the other is one marker. */
const pushAfterMs = 1_000
/** Followed threads; the node keeps as many. */
const threadsMax = 1_000

export const createMarkers = (session: Pick<Session, 'call'>, { seen, sawElsewhere }: MarkersInit): Markers => {
  const known = new Map<ChannelId, Known>()
  const threads = new Map<EventId, Thread>()
  const threadsSeen = new Map<EventId, { readonly channel: ChannelId; readonly position: number }>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const markAll = async (): Promise<void> => {
    for (const [channel, { marker }] of known) {
      const here = seen.get(channel) ?? 0
      if (here <= marker) continue
      const { position, unread, mentions } = await session.call(readMark, { channel, position: here })
      known.set(channel, { marker: position, unread, mentions })
      sawElsewhere(channel, position)
    }
    for (const [thread, { channel, position: here }] of threadsSeen) {
      threadsSeen.delete(thread)
      if (here <= (threads.get(thread)?.position ?? Infinity)) continue
      const { position, unread, mentions } = await session.call(threadMark, { channel, thread, position: here })
      threads.set(thread, { channel, thread, position, unread, mentions })
    }
  }
  const pullThreads = async (): Promise<void> => {
    const { threads: followed } = await session.call(threadUnread, {})
    threads.clear()
    for (const one of followed.slice(-threadsMax)) threads.set(one.thread, one)
  }

  return {
    pull: async () => {
      await unlessRefused(async () => {
        const { channels } = await session.call(unreadList, {})
        for (const { channel, position, unread, mentions } of channels) {
          known.set(channel, { marker: position, unread, mentions })
          sawElsewhere(channel, position)
        }
      })
      await unlessRefused(pullThreads)
    },
    count: (channel) => known.get(channel),
    get threads() {
      return [...threads.values()]
    },
    take: (untyped) => {
      const parsed = inboxMessage.safeParse(untyped)
      if (!parsed.success) return false
      const message = parsed.data
      switch (message.type) {
        case 'unread':
          if (!('channels' in message)) return false
          for (const { channel, unread, mentions } of message.channels)
            known.set(channel, { marker: known.get(channel)?.marker ?? 0, unread, mentions })
          return true
        case 'read':
          if (!('position' in message)) return false
          known.set(message.channel, { marker: message.position, unread: message.unread, mentions: message.mentions })
          sawElsewhere(message.channel, message.position)
          return true
        case 'thread.unread':
          if (!('threads' in message)) return false
          for (const one of message.threads)
            threads.set(one.thread, { ...one, position: threads.get(one.thread)?.position ?? 0 })
          return true
        case 'thread.read':
          if (!('position' in message)) return false
          threads.set(message.thread, message)
          return true
        case 'thread.followed':
          void unlessRefused(pullThreads)
          return false
        case 'thread.left':
          return 'thread' in message && threads.delete(message.thread)
        default:
          return false
      }
    },
    push: () => {
      if ((known.size === 0 && threadsSeen.size === 0) || timer !== undefined) return
      timer = setTimeout(() => {
        timer = undefined
        void unlessRefused(markAll)
      }, pushAfterMs)
    },
    saw: (channel) => {
      const row = known.get(channel)
      if (row !== undefined) known.set(channel, { ...row, unread: 0, mentions: 0 })
    },
    sawThread: (channel, thread, position) => {
      const row = threads.get(thread)
      if (row === undefined || position <= (threadsSeen.get(thread)?.position ?? row.position)) return
      threadsSeen.set(thread, { channel, position })
      threads.set(thread, { ...row, unread: 0, mentions: 0 })
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

/** Offline, or not offered: it is asked again with the next refresh. */
const unlessRefused = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof HearthError)) throw error
  }
}
