/**
 * The latest message of a channel that anything is about. A message with a later id cannot have been spoken of before it
 * came, as nearly none has been: so it is shown without a look at the index.
 */
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { relationKinds, relationOf } from '../../spec/relations.ts'
import type { Entry } from '../log/log.ts'
import type { MessageLog } from './components.ts'
import { allIds } from './places.ts'

export interface LatestTargets {
  /** In the turn in which they were committed. */
  committed(entries: readonly Entry[]): void
  /** True: nothing that is stored is about the message. False: it may be, or it is not known yet. */
  isBefore(message: Entry): boolean
  /** Reads it for a channel, once. */
  learn(channel: ChannelId): Promise<void>
}

/** Past `channelsMax` it is read anew, channel by channel. */
export const createLatestTargets = (log: Pick<MessageLog, 'targets'>, channelsMax = 10_000): LatestTargets => {
  const latest = new Map<ChannelId, EventId>()
  const learned = new Set<ChannelId>()
  let forgotten = 0

  const note = (channel: ChannelId, target: EventId): void => {
    const before = latest.get(channel)
    if (before === undefined && latest.size >= channelsMax) forget()
    if (before === undefined || target > before) latest.set(channel, target)
  }

  const forget = (): void => {
    latest.clear()
    learned.clear()
    forgotten++
  }

  return {
    committed(entries) {
      for (const { channel, type, body } of entries) {
        const target = body && relationOf(type, body)?.target
        if (target !== undefined) note(channel, target)
      }
    },
    isBefore: ({ channel, id }) => learned.has(channel) && (latest.get(channel) ?? allIds.from) < id,
    async learn(channel) {
      if (learned.has(channel)) return
      if (learned.size >= channelsMax) forget()
      const since = forgotten
      const range = { ...allIds, reverse: true, limit: 1 }
      const found = await Promise.all(Object.values(relationKinds).map((kind) => log.targets(channel, kind, range)))
      for (const target of found.flat()) note(channel, target)
      // What was committed meanwhile was noted, unless that was forgotten.
      if (since === forgotten) learned.add(channel)
    },
  }
}
