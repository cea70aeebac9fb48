/**
 * Counts as they change, to whoever is connected (INBOX-6). A message costs one Set entry, however many read the channel;
 * counting is done for all changed channels together, at the end of the turn, then at most every `everyMs`, and gives way
 * to others after `sliceMax` people.
 */
import type { ChannelId, UserName } from '../../spec/ids.ts'
import type { Counts } from '../../spec/inbox.ts'
import { threadKey, type ThreadRef } from '../messages/follows.ts'
import type { InboxComponents } from './components.ts'
import type { Unread } from './unread.ts'

export interface Live {
  changed(channel: ChannelId): void
  threadChanged(at: ThreadRef): void
  /** A person was told of a count of a channel or a thread in another way. */
  said(user: UserName, at: ChannelId | ThreadRef, counts: Counts): void
  /** What a person was told before is told again: a new connection knows nothing. */
  forget(user: UserName): void
  stop(): void
}

export interface LiveComponents extends Pick<
  InboxComponents,
  'connected' | 'listens' | 'send' | 'later' | 'clock' | 'places' | 'logger' | 'follows'
> {
  readonly unread: Pick<Unread, 'rows' | 'threadRows'>
}

export const createLive = (
  { connected, listens, send, later, clock, places, logger, follows, unread }: LiveComponents,
  { everyMs }: { readonly everyMs: number },
): Live => {
  let changed = new Set<ChannelId>()
  let changedThreads = new Map<string, ThreadRef>()
  const told = new Map<UserName, Map<string, string>>()
  let cancel: (() => void) | undefined
  let lastMs = -Infinity
  let isStopped = false

  const isNew = (user: UserName, place: string, { unread: count, mentions, more }: Counts): boolean => {
    const known = told.get(user) ?? new Map<string, string>()
    told.set(user, known)
    const text = `${count}/${mentions}/${String(more)}`
    if (known.get(place) === text) return false
    known.set(place, text)
    return true
  }

  const tell = async (user: UserName, channels: ReadonlySet<ChannelId>): Promise<void> => {
    const readable = [...channels].filter((channel) => places.may(user, channel, 'read'))
    if (readable.length === 0) return
    const news: ({ channel: ChannelId } & Counts)[] = []
    for (const { channel, unread: count, mentions, more } of await unread.rows(user, readable)) {
      const counts = { unread: count, mentions, more }
      if (isNew(user, channel, counts)) news.push({ channel, ...counts })
    }
    if (news.length > 0) send(user, { type: 'unread', channels: news })
  }

  const tellThreads = async (user: UserName, threads: Iterable<ThreadRef>): Promise<void> => {
    const followed = [...threads].flatMap((at) => follows.get(user, at) ?? [])
    if (followed.length === 0) return
    const news: (ThreadRef & Counts)[] = []
    for (const { channel, thread, unread: count, mentions, more } of await unread.threadRows(user, followed)) {
      const counts = { unread: count, mentions, more }
      if (isNew(user, threadKey({ channel, thread }), counts)) news.push({ channel, thread, ...counts })
    }
    if (news.length > 0) send(user, { type: 'thread.unread', threads: news })
  }

  const flush = async (): Promise<void> => {
    const channels = changed
    const threads = changedThreads
    changed = new Set()
    changedThreads = new Map()
    let inSlice = 0
    for (const user of connected()) {
      if (isStopped) return
      if (!listens(user)) continue
      await tell(user, channels)
      if (threads.size > 0) await tellThreads(user, threads.values())
      inSlice++
      if (inSlice % sliceMax === 0) await new Promise((resolve) => later(() => resolve(undefined), 0))
    }
  }

  const run = (): void => {
    flush()
      .catch((error: unknown) => logger.error({ err: error }, 'counts of unread messages could not be told'))
      .finally(() => {
        lastMs = clock.now()
        cancel = undefined
        if (changed.size + changedThreads.size > 0) schedule()
      })
      .catch(() => undefined)
  }

  const schedule = (): void => {
    if (cancel !== undefined || isStopped) return
    const sinceMs = clock.now() - lastMs
    cancel = later(run, sinceMs >= 0 && sinceMs < everyMs ? everyMs - sinceMs : 0)
  }

  return {
    changed: (channel) => {
      changed.add(channel)
      schedule()
    },
    threadChanged: (at) => {
      changedThreads.set(threadKey(at), at)
      schedule()
    },
    said: (user, at, counts) => {
      isNew(user, typeof at === 'string' ? at : threadKey(at), counts)
    },
    forget: (user) => {
      told.delete(user)
    },
    stop: () => {
      isStopped = true
      cancel?.()
    },
  }
}

const sliceMax = 100
