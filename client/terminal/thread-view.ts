/** One thread: its first message and the answers, those that the channel's timeline holds and those that were read for it. */
import { threadShow } from '../../spec/calls/thread.show.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import type { EventJson, Session, TimelineItem } from '../sdk/index.ts'

export interface ThreadView {
  readonly root: EventId
  /** Ascending id, then what is on its way. */
  items(): readonly TimelineItem[]
  readonly lastPosition: number
  readonly reachedStart: boolean
  /** The newest page, or the one before. Throws HearthError. */
  loadOlder(): Promise<void>
}

export const createThreadView = (
  session: Pick<Session, 'items' | 'call'>,
  channel: ChannelId,
  root: EventId,
): ThreadView => {
  const read = new Map<EventId, EventJson>()
  let before: EventId | undefined
  let reachedStart = false

  const items = (): readonly TimelineItem[] => {
    const here = session.items(channel).filter((item) => isIn(item, root))
    const shown = new Map(read)
    for (const item of here) if (item.kind === 'event') shown.set(item.event.id, item.event)
    const events = [...shown.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    return [
      ...events.map((event) => ({ kind: 'event' as const, event })),
      ...here.filter(({ kind }) => kind === 'outgoing'),
    ]
  }

  return {
    root,
    items,
    get lastPosition() {
      return Math.max(0, ...items().map((item) => (item.kind === 'event' ? item.event.position : 0)))
    },
    get reachedStart() {
      return reachedStart
    },
    loadOlder: async () => {
      const page = await session.call(threadShow, { channel, thread: root, ...(before !== undefined && { before }) })
      if (page.root !== undefined) read.set(page.root.id, page.root)
      for (const event of page.events) read.set(event.id, event)
      before = page.next
      reachedStart = page.next === undefined
    },
  }
}

/** Answers stand in their thread, and its first message there too. */
export const isIn = (item: TimelineItem, root: EventId): boolean =>
  item.kind === 'event' ? item.event.id === root || item.event.thread === root : item.outgoing.thread === root

/** What stands in the channel itself. */
export const isOutside = (item: TimelineItem): boolean =>
  (item.kind === 'event' ? item.event.thread : item.outgoing.thread) === undefined
