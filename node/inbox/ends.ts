/** Where counts are read from: the end of a channel by arrival, the end of a thread by the index of its answers. */
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { relationKinds } from '../../spec/relations.ts'
import type { Log } from '../log/log.ts'
import { threadKey, type ThreadRef } from '../messages/follows.ts'
import { rootOf } from '../messages/states.ts'
import type { TailsComponents } from './tails.ts'

/** A channel and the first event of a thread: `threadKey`. */
export type ThreadKey = string & { readonly threadKey: never }

export const keyOfThread = (at: ThreadRef): ThreadKey => threadKey(at) as ThreadKey

export const refOf = (key: ThreadKey): ThreadRef => {
  const [channel, thread] = key.split('/')
  return { channel: channel as ChannelId, thread: thread as EventId }
}

type Ends<K extends string> = Pick<TailsComponents<K>, 'read' | 'placeOf' | 'placesIn'>

export const endsOfChannels = (log: Pick<Log, 'newest'>): Ends<ChannelId> => ({
  read: async (channel, after, limit) => {
    const entries = await log.newest(channel, after, limit + 1)
    const before = entries.length > limit ? entries.shift() : undefined
    return { entries, from: before?.position ?? after, isCut: before !== undefined }
  },
  placeOf: ({ channel }) => channel,
  placesIn: (channel) => [channel],
})

/** INBOX-14: all of a thread, or its newest answers by id; where some are left out, all since the first to arrive of these. */
export const endsOfThreads = (log: Pick<Log, 'newest' | 'related' | 'entries'>): Ends<ThreadKey> => ({
  read: async (key, after, limit) => {
    const { channel, thread: root } = refOf(key)
    const isQuiet = (await log.newest(channel, after, 1)).length === 0
    if (isQuiet) return { entries: [], from: after, isCut: false }
    const range = { from: root, to: root, reverse: true, limit: limit + 1 }
    const rows = await log.related(channel, relationKinds.thread, range)
    const isCut = rows.length > limit
    const ids = rows.slice(0, limit).map(({ id }) => id)
    const entries = (await log.entries(channel, ids)).sort((a, b) => a.position - b.position)
    return { entries, from: isCut ? (entries[0]?.position ?? 1) - 1 : 0, isCut }
  },
  placeOf: (entry) => {
    const thread = rootOf(entry)
    return thread === undefined ? undefined : keyOfThread({ channel: entry.channel, thread })
  },
  placesIn: (channel, keys) => [...keys].filter((key) => key.startsWith(`${channel}/`)),
})
