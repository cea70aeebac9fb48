/** What stands in the list, in its order: channels, and below each the threads that have something new or are open. */
import type { ChannelId, EventId } from '../../spec/ids.ts'
import type { EventJson } from '../sdk/index.ts'
import type { Place } from './layout.ts'
import type { Count, Thread } from './markers.ts'
import type { Channel } from './places.ts'

export interface Stop {
  readonly channel: Channel
  readonly thread: Thread | undefined
}

export const stopsOf = (
  channels: readonly Channel[],
  threads: readonly Thread[],
  open: { readonly channel: ChannelId | undefined; readonly thread: EventId | undefined },
): Stop[] =>
  channels.flatMap((channel) => {
    const { id } = channel
    const shown = threads.filter((one) => one.channel === id && (one.unread > 0 || one.thread === open.thread))
    const isOpen = open.channel === id && open.thread !== undefined
    const missing = isOpen && !shown.some(({ thread }) => thread === open.thread)
    const opened = { channel: id, thread: open.thread ?? ('' as EventId), unread: 0, mentions: 0, position: 0 }
    return [undefined, ...shown, ...(missing ? [opened] : [])].map((thread) => ({ channel, thread }))
  })

export const placeOf = (
  { channel, thread }: Stop,
  count: Count,
  find: (channel: ChannelId, id: EventId) => EventJson | undefined,
): Place => {
  const { id, server, handle, topic, isDirect } = channel
  const place = { server, channel: handle, topic, ...(isDirect === true && { isDirect }) }
  if (thread === undefined) return { ...place, ...count }
  const { unread, mentions } = thread
  return { ...place, unread, mentions, thread: titleOf(find(id, thread.thread)) }
}

/** Where in the list somebody is. */
export const indexOfOpen = (
  stops: readonly Stop[],
  open: { readonly channel: ChannelId | undefined; readonly thread: EventId | undefined },
): number => stops.findIndex(({ channel, thread }) => channel.id === open.channel && thread?.thread === open.thread)

const titleOf = (root: EventJson | undefined): string => (typeof root?.body === 'string' ? root.body : 'a thread')
