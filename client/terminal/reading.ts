import { limits } from '../../spec/limits.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import type { EventJson, Session, TimelineItem } from '../sdk/index.ts'
import { createThreadView, isOutside, type ThreadView } from './thread-view.ts'
import { anchorTo, keyOf, scrolled, type Anchor, type TimelineView } from './timeline-rows.ts'

export interface Pane {
  readonly width: number
  readonly height: number
}

/** Where a person reads: the open channel or thread, how far back, and what was seen. */
export interface Reading {
  readonly channel: ChannelId | undefined
  /** First message of the open thread. */
  readonly thread: EventId | undefined
  /** The messages on this page of the channel or the thread, ascending. */
  readonly messages: readonly EventJson[]
  readonly anchor: Anchor | undefined
  readonly timeline: TimelineView
  /** Channel → last position that was on the screen. */
  readonly seen: ReadonlyMap<ChannelId, number>
  /** What arrives from now on in channels that were not read before counts as unread. */
  begin(channels: readonly ChannelId[]): void
  unread(channel: ChannelId): number
  /** Shows the end of a channel, and loads it when needed. Throws HearthError. */
  open(channel: ChannelId): Promise<void>
  /** The same of a thread of a channel; `newAfter`: what came later is new. Throws HearthError. */
  openThread(channel: ChannelId, thread: EventId, newAfter: number | undefined): Promise<void>
  /** Loads the newest page of the open channel unless it is there. Throws HearthError. */
  load(): Promise<void>
  /** So many rows back (negative: forth); loads a page of history at the top. Throws HearthError. */
  scroll(by: number, pane: Pane): Promise<void>
  toEnd(): void
  /** False: nothing unread stands above the screen. Throws HearthError. */
  toUnread(pane: Pane): Promise<boolean>
  /** What stands on the screen now counts as seen. */
  markSeen(): void
  /** Up to there it was read on another device. */
  sawElsewhere(channel: ChannelId, position: number): void
  close(): void
}

export interface ReadingInit {
  readonly seen: ReadonlyMap<ChannelId, number>
  readonly zoneMinutes: (timeMs: number) => number
  /** All of the open channel was on the screen. */
  readonly saw?: (channel: ChannelId) => void
  /** Up to there the open thread was. */
  readonly sawThread?: (channel: ChannelId, thread: EventId, position: number) => void
}

/** How many pages are loaded to reach the first unread message. */
const unreadPagesMax = 20

export const createReading = (session: Session, init: ReadingInit): Reading => {
  const seen = new Map(init.seen)
  let channel: ChannelId | undefined
  let thread: ThreadView | undefined
  let anchor: Anchor | undefined
  /** What was new when the channel was opened stays marked while it is read. */
  let newAfter: number | undefined

  const isOwn = (event: EventJson): boolean => session.isOwn(event)
  const seenOf = (of: ChannelId): number => {
    const position = seen.get(of) ?? session.cursor ?? 0
    seen.set(of, position)
    return position
  }
  const unread = (of: ChannelId): number => session.timeline(of).unreadAfter(seenOf(of), isOwn)

  const itemsNow = (): readonly TimelineItem[] => {
    if (thread !== undefined) return thread.items()
    return channel === undefined ? [] : session.items(channel).filter(isOutside)
  }
  const timeline = (): TimelineView => {
    const items = itemsNow()
    const first = newAfter === undefined ? undefined : items.find((item) => isNewItem(item, newAfter ?? 0))
    return {
      user: session.user,
      items,
      firstUnread: first && keyOf(first),
      isOwn: (item) => item.kind === 'outgoing' || isOwn(item.event),
      zoneMinutes: init.zoneMinutes,
    }
  }
  const isNewItem = (item: TimelineItem, after: number): boolean =>
    item.kind === 'event' && item.event.position > after && !isOwn(item.event)

  const markSeen = (): void => {
    if (channel === undefined || anchor !== undefined) return
    if (thread !== undefined) return init.sawThread?.(channel, thread.root, thread.lastPosition)
    seen.set(channel, Math.max(seenOf(channel), session.timeline(channel).lastPosition))
    init.saw?.(channel)
  }

  const load = async (): Promise<void> => {
    const [of, within] = [channel, thread]
    if (of === undefined) return
    if (!session.timeline(of).isLoaded) await session.loadOlder(of)
    if (within !== undefined && within.items().length === 0) await within.loadOlder()
    if (channel === of && thread === within) markSeen()
  }
  /** There may be more above; false: the start was reached. */
  const loadMore = async (of: ChannelId, limit?: number): Promise<boolean> => {
    const start = thread ?? session.timeline(of)
    if (start.reachedStart) return false
    await (thread === undefined ? session.loadOlder(of, limit) : thread.loadOlder())
    return true
  }

  return {
    get channel() {
      return channel
    },
    get thread() {
      return thread?.root
    },
    get messages() {
      return itemsNow().flatMap((item) => (item.kind === 'event' ? [item.event] : []))
    },
    get anchor() {
      return anchor
    },
    get timeline() {
      return timeline()
    },
    seen,
    begin: (channels) => channels.forEach(seenOf),
    unread,
    open: async (next) => {
      channel = next
      thread = undefined
      anchor = undefined
      newAfter = unread(next) > 0 ? seenOf(next) : undefined
      await load()
    },
    openThread: async (of, root, after) => {
      const opened = createThreadView(session, of, root)
      channel = of
      thread = opened
      anchor = undefined
      newAfter = after
      if (!session.timeline(of).isLoaded) await session.loadOlder(of)
      await opened.loadOlder()
      if (thread === opened) markSeen()
    },
    load,
    scroll: async (by, pane) => {
      if (channel === undefined) return
      const from = anchor
      const first = scrolled(timeline(), from, { ...pane, by })
      anchor = first.anchor
      if (first.isTop && (await loadMore(channel))) {
        anchor = scrolled(timeline(), from, { ...pane, by }).anchor
      }
      markSeen()
    },
    toEnd: () => {
      anchor = undefined
      markSeen()
    },
    toUnread: async (pane) => {
      if (channel === undefined || newAfter === undefined || anchor !== undefined) return false
      for (let pages = 0; pages < unreadPagesMax; pages += 1) {
        const oldest = itemsNow()[0]
        if (oldest?.kind === 'event' && oldest.event.position <= newAfter) break
        if (!(await loadMore(channel, limits.pageSizeMax))) break
      }
      anchor = anchorTo(timeline(), timeline().firstUnread, pane)
      return anchor !== undefined
    },
    markSeen,
    sawElsewhere: (of, position) => {
      seen.set(of, Math.max(seen.get(of) ?? 0, position))
    },
    close: () => {
      channel = undefined
      thread = undefined
      anchor = undefined
    },
  }
}
