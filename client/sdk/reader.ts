import type { z } from 'zod'
import type { CallSpec } from '../../spec/calls/call.ts'
import { catchup } from '../../spec/calls/catchup.ts'
import type { EventJson } from '../../spec/message.ts'
import { history } from '../../spec/calls/history.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { backfill, type Backfill } from './catch-up.ts'
import type { Link } from './components.ts'
import type { KeptChannel } from './store/kept.ts'
import { createTimeline, type Timeline } from './timeline.ts'

export interface ReaderInit {
  /** Position up to which this client has seen everything; undefined: only what comes from now on. */
  readonly cursor: number | undefined
  readonly call: <I extends z.ZodType, O extends z.ZodType>(
    link: Link,
    spec: CallSpec<I, O>,
    input: z.input<I>,
  ) => Promise<z.output<O>>
  readonly isOwn: (event: EventJson) => boolean
  /** A new event of a followed channel, live or caught up. */
  readonly onEvent: (event: EventJson) => void
  /** Events that a page of history brought, new or not. */
  readonly onPage: (channel: ChannelId, events: readonly EventJson[]) => void
  /** What was kept of a channel since the last time. */
  readonly restore?: (channel: ChannelId) => Promise<KeptChannel | undefined>
}

/** The channels that are followed, their timelines, and the cursor that makes sure that nothing is skipped. */
export interface Reader {
  readonly cursor: number | undefined
  isFollowed(channel: ChannelId): boolean
  followed(): readonly ChannelId[]
  /** Those of which every event up to the cursor came. */
  current(): readonly ChannelId[]
  timeline(channel: ChannelId): Timeline
  /** Resolves to the channels that the node refused, with why. Without a link it is done at the next connection. */
  follow(channels: readonly ChannelId[], link: () => Link | undefined): Promise<ReadonlyMap<ChannelId, HearthError>>
  /** Stops following, and drops the timeline. */
  forget(channel: ChannelId, link: Link | undefined): void
  /** Before a link opens: live events are held from now on, until `catchUp` is through. */
  hold(): void
  /** Backfill, cutover, live. */
  catchUp(link: Link): Promise<ReadonlyMap<ChannelId, HearthError>>
  onLive(event: EventJson): void
  /** The newest page, or the one before the oldest event shown. */
  loadOlder(channel: ChannelId, limit: number, link: Link): Promise<void>
}

/** Live events that wait for the end of a backfill. */
const heldMax = 1_000

export const createReader = ({
  cursor: start,
  isOwn,
  call,
  onEvent,
  onPage,
  restore = async () => undefined,
}: ReaderInit): Reader => {
  const timelines = new Map<ChannelId, Timeline>()
  const followed = new Set<ChannelId>()
  let cursor = start
  /** Followed, and read up to this position only. */
  const behind = new Map<ChannelId, number>()
  /** Live events that wait for the end of the backfill; undefined in the live phase. */
  let held: EventJson[] | undefined
  /** More came than are held: they are read once more. */
  let isOverfull = false

  const timelineOf = (channel: ChannelId): Timeline => {
    const timeline = timelines.get(channel) ?? createTimeline({ isOwn })
    timelines.set(channel, timeline)
    return timeline
  }

  const take = (event: EventJson): void => {
    if (followed.has(event.channel) && timelineOf(event.channel).add(event)) onEvent(event)
  }

  const takeLive = (event: EventJson): void => {
    take(event)
    cursor = Math.max(cursor ?? 0, event.position)
  }

  const subscribe = async (channels: readonly ChannelId[], link: Link): Promise<Map<ChannelId, HearthError>> => {
    const refused = new Map<ChannelId, HearthError>()
    const outcomes = await link.subscribe(channels.map((channel) => `c/${channel}/events`))
    for (const [index, error] of outcomes.entries()) if (error !== undefined) refused.set(channels[index]!, error)
    for (const channel of refused.keys()) {
      followed.delete(channel)
      behind.delete(channel)
    }
    return refused
  }

  const fill = async (channels: readonly ChannelId[], from: number | undefined, link: Link): Promise<Backfill> => {
    const some = channels.length <= limits.channelsPerServerMax ? { channels: [...channels] } : {}
    const readPage = (after: number | undefined) =>
      call(link, catchup, { ...some, ...(after !== undefined && { from: after }), limit: limits.pageSizeMax })
    const filled = await backfill({ readPage, onEvent: take }, { from })
    if (!filled.isComplete) for (const channel of channels) await reload(channel, link)
    return filled
  }

  const reload = async (channel: ChannelId, link: Link): Promise<void> => {
    const timeline = timelineOf(channel)
    const { isLoaded } = timeline
    timeline.clear()
    if (isLoaded) await loadOlder(channel, limits.pageSizeDefault, link)
  }

  /** A page may hold no message where much was said about others: then the next one is read, too (MSGS-17). */
  const loadOlder: Reader['loadOlder'] = async (channel, limit, link) => {
    const timeline = timelineOf(channel)
    for (let isEmpty = true; isEmpty && !timeline.reachedStart;) {
      const before = timeline.oldest
      const { events, next } = await call(link, history, { channel, limit, ...(before !== undefined && { before }) })
      timeline.addPage(events, next === undefined, next)
      onPage(channel, events)
      isEmpty = events.length === 0
    }
  }

  /** Shows what was kept; returns the position from where the channel is to be read on. */
  const showKept = async (channel: ChannelId): Promise<number | undefined> => {
    const kept = await restore(channel)
    if (kept === undefined) return start
    const events = kept.events.map(({ event }) => event)
    timelineOf(channel).addPage(events, kept.floor === '', kept.floor === '' ? undefined : kept.floor)
    onPage(channel, events)
    return kept.upTo
  }

  /** Reads each of them on from where it was left. */
  const fillBehind = async (channels: readonly ChannelId[], link: Link): Promise<void> => {
    for (const from of new Set(channels.map((channel) => behind.get(channel)))) {
      if (from === undefined) continue
      const some = channels.filter((channel) => behind.get(channel) === from)
      await fill(some, from, link)
      for (const channel of some) behind.delete(channel)
    }
  }

  let following: Promise<unknown> = Promise.resolve()
  const follow: Reader['follow'] = async (channels, linkNow) => {
    const added = channels.filter((channel) => !followed.has(channel))
    for (const channel of added) {
      const from = await showKept(channel)
      if (from !== undefined) behind.set(channel, from)
      followed.add(channel)
    }
    const link = linkNow()
    if (link === undefined || added.length === 0) return new Map()
    try {
      const refused = await subscribe(added, link)
      await fillBehind(added, link)
      return refused
    } catch (error) {
      if (error instanceof HearthError && error.code === 'CONNECTION_LOST') return new Map()
      throw error
    }
  }

  return {
    get cursor() {
      return cursor
    },
    isFollowed: (channel) => followed.has(channel),
    followed: () => [...followed],
    current: () => [...followed].filter((channel) => !behind.has(channel)),
    timeline: timelineOf,
    follow: (channels, link) => {
      // one after the other: whoever asks for a channel that is being subscribed waits for that, too
      const mine = following.then(() => follow(channels, link))
      following = mine.catch(() => undefined)
      return mine
    },
    forget: (channel, link) => {
      timelines.delete(channel)
      behind.delete(channel)
      if (!followed.delete(channel)) return
      // a connection that ends first takes nothing from this: what still comes is not followed, and dropped
      link?.unsubscribe([`c/${channel}/events`]).catch(() => undefined)
    },
    hold: () => {
      held = []
      isOverfull = false
    },
    catchUp: async (link) => {
      const refused = followed.size > 0 ? await subscribe([...followed], link) : new Map<ChannelId, HearthError>()
      do {
        if (isOverfull) held = []
        isOverfull = false
        const settled = [...followed].filter((channel) => !behind.has(channel))
        await fillBehind([...followed], link)
        if (settled.length > 0 || cursor === undefined) cursor = (await fill(settled, cursor, link)).to
      } while (isOverfull)
      for (const event of held ?? []) takeLive(event)
      held = undefined
      return refused
    },
    onLive: (event) => {
      if (held === undefined) takeLive(event)
      else if (held.length < heldMax) held.push(event)
      else isOverfull = true
    },
    loadOlder,
  }
}
