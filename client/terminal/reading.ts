import { limits } from '../../spec/limits.ts'
import type { ChannelId } from '../../spec/ids.ts'
import type { EventJson, Session, TimelineItem } from '../sdk/index.ts'
import { anchorTo, keyOf, scrolled, type Anchor, type TimelineView } from './timeline-rows.ts'

export interface Pane {
  readonly width: number
  readonly height: number
}

/** Where a person reads: the open channel, how far back, and what was seen. */
export interface Reading {
  readonly channel: ChannelId | undefined
  readonly anchor: Anchor | undefined
  readonly timeline: TimelineView
  /** Channel → last position that was on the screen. */
  readonly seen: ReadonlyMap<ChannelId, number>
  /** What arrives from now on in channels that were not read before counts as unread. */
  begin(channels: readonly ChannelId[]): void
  unread(channel: ChannelId): number
  /** Shows the end of a channel, and loads it when needed. Throws HearthError. */
  open(channel: ChannelId): Promise<void>
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
}

/** How many pages are loaded to reach the first unread message. */
const unreadPagesMax = 20

export const createReading = (session: Session, init: ReadingInit): Reading => {
  const seen = new Map(init.seen)
  let channel: ChannelId | undefined
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

  const timeline = (): TimelineView => {
    const items = channel === undefined ? [] : session.items(channel)
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
    seen.set(channel, Math.max(seenOf(channel), session.timeline(channel).lastPosition))
  }

  const load = async (): Promise<void> => {
    const of = channel
    if (of === undefined) return
    if (!session.timeline(of).isLoaded) await session.loadOlder(of)
    if (channel === of) markSeen()
  }

  return {
    get channel() {
      return channel
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
      anchor = undefined
      newAfter = unread(next) > 0 ? seenOf(next) : undefined
      await load()
    },
    load,
    scroll: async (by, pane) => {
      if (channel === undefined) return
      const from = anchor
      const first = scrolled(timeline(), from, { ...pane, by })
      anchor = first.anchor
      if (first.isTop && !session.timeline(channel).reachedStart) {
        await session.loadOlder(channel)
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
      const known = session.timeline(channel)
      for (let pages = 0; pages < unreadPagesMax && !known.reachedStart; pages += 1) {
        const oldest = known.events()[0]
        if (oldest !== undefined && oldest.position <= newAfter) break
        await session.loadOlder(channel, limits.pageSizeMax)
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
      anchor = undefined
    },
  }
}
