import { readMark } from '../../spec/calls/read.mark.ts'
import { unreadList } from '../../spec/calls/unread.list.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import type { Session } from '../sdk/index.ts'

/** Read markers, shared with the person's other devices by their node (INBOX-1). */
export interface Markers extends Disposable {
  /** What was read elsewhere counts as seen here. A node that has no such call changes nothing. */
  pull(): Promise<void>
  /** Of a channel that is not open: also what was said before this device knew it. Undefined: the node was not asked. */
  unread(channel: ChannelId): number | undefined
  /** Tells the node what was seen here, a moment later, when it is more than it knows. */
  push(): void
}

export interface MarkersInit {
  /** Channel → last position that was seen here. */
  readonly seen: ReadonlyMap<ChannelId, number>
  readonly sawElsewhere: (channel: ChannelId, position: number) => void
}

/** What the node says of a channel, counted up to an arrival position of its log. */
interface Known {
  readonly marker: number
  readonly unread: number
  readonly countedTo: number
}

/** Reading one line after the other is one marker. */
const pushAfterMs = 1_000

export const createMarkers = (
  session: Pick<Session, 'call' | 'cursor' | 'timeline' | 'isOwn'>,
  { seen, sawElsewhere }: MarkersInit,
): Markers => {
  const known = new Map<ChannelId, Known>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const markAll = async (): Promise<void> => {
    for (const [channel, { marker }] of known) {
      const here = seen.get(channel) ?? 0
      if (here <= marker) continue
      const { position, unread } = await session.call(readMark, { channel, position: here })
      known.set(channel, { marker: position, unread, countedTo: session.cursor ?? position })
      sawElsewhere(channel, position)
    }
  }

  return {
    pull: () =>
      unlessRefused(async () => {
        const { channels, position: countedTo } = await session.call(unreadList, {})
        for (const { channel, position, unread } of channels) {
          known.set(channel, { marker: position, unread, countedTo })
          sawElsewhere(channel, position)
        }
      }),
    unread: (channel) => {
      const row = known.get(channel)
      if (row === undefined) return undefined
      return row.unread + session.timeline(channel).unreadAfter(row.countedTo, (event) => session.isOwn(event))
    },
    push: () => {
      if (known.size === 0 || timer !== undefined) return
      timer = setTimeout(() => {
        timer = undefined
        void unlessRefused(markAll)
      }, pushAfterMs)
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
