/**
 * Counts as they change, to whoever is connected (INBOX-6). A message costs one Set entry, however many read the channel;
 * counting is done for all changed channels together, at the end of the turn, then at most every `everyMs`, and gives way
 * to others after `sliceMax` people.
 */
import type { ChannelId, UserName } from '../../spec/ids.ts'
import type { Counts } from '../../spec/inbox.ts'
import type { InboxComponents } from './components.ts'
import type { Unread } from './unread.ts'

export interface Live {
  changed(channel: ChannelId): void
  /** A person was told of a count in another way. */
  said(user: UserName, channel: ChannelId, counts: Counts): void
  /** What a person was told before is told again: a new connection knows nothing. */
  forget(user: UserName): void
  stop(): void
}

export interface LiveComponents extends Pick<
  InboxComponents,
  'connected' | 'listens' | 'send' | 'later' | 'clock' | 'places' | 'logger'
> {
  readonly unread: Pick<Unread, 'rows'>
}

export const createLive = (
  { connected, listens, send, later, clock, places, logger, unread }: LiveComponents,
  { everyMs }: { readonly everyMs: number },
): Live => {
  let changed = new Set<ChannelId>()
  const told = new Map<UserName, Map<ChannelId, string>>()
  let cancel: (() => void) | undefined
  let lastMs = -Infinity
  let isStopped = false

  const isNew = (user: UserName, channel: ChannelId, { unread: count, mentions, more }: Counts): boolean => {
    const known = told.get(user) ?? new Map<ChannelId, string>()
    told.set(user, known)
    const text = `${count}/${mentions}/${String(more)}`
    if (known.get(channel) === text) return false
    known.set(channel, text)
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

  const flush = async (): Promise<void> => {
    const channels = changed
    changed = new Set()
    let inSlice = 0
    for (const user of connected()) {
      if (isStopped) return
      if (!listens(user)) continue
      await tell(user, channels)
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
        if (changed.size > 0) schedule()
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
    said: (user, channel, counts) => {
      isNew(user, channel, counts)
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
