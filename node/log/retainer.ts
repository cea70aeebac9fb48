import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { putBeginning } from './beginning-record.ts'
import { bytesOf, isBefore, type Channel } from './feed-table.ts'
import { redactionKey } from './keys.ts'
import type { Entry, Retention } from './log.ts'
import type { Reader } from './reader.ts'
import { raiseFloors, sweep, type RetentionParts } from './retention.ts'

export interface RetainerParts extends RetentionParts {
  readonly reader: Reader
  /** Everything durable is in the indexes, and no checkpoint is written until it is done. */
  afterCheckpoint<T>(work: () => Promise<T>): Promise<T>
  has(id: EventId): Promise<boolean>
  /** Floors of the channel have moved up. */
  raised(channel: ChannelId): void
  redact(entry: Entry, by: EventId): Promise<Entry>
}

/** Retention, one channel at a time; the caller sees to that. */
export interface Retainer {
  /** As `Log.retain`. */
  retain(channel: ChannelId, retention: Retention): Promise<number>
  /** Goes on with what was cut short. What fails is tried again with the next `retain`, or start. */
  resume(): Promise<void>
}

export function createRetainer(parts: RetainerParts): Retainer {
  const { store, table, reader, keys } = parts

  /** The last event of a feed stays for its hash, and says no more what it said. */
  const redactLast = async (channel: Channel, { because }: NonNullable<Channel['cleared']>): Promise<void> => {
    if (!(await parts.has(because))) return
    for (const { stored, sealed, origin } of channel.feeds) {
      const { id } = stored
      if (id === undefined || !isBefore(channel, id)) continue
      if (origin.node === keys.nodeId && sealed < stored.seq) continue
      const { entry } = await reader.read(channel, id)
      if (entry.body) await parts.redact(entry, because)
      // What redacted it before may go itself.
      else await store.commit([{ type: 'put', key: redactionKey(bytesOf(id)), value: bytesOf(because) }])
    }
  }

  const clear = async (id: ChannelId): Promise<number> => {
    const dropped = await parts.afterCheckpoint(() => raiseFloors(parts, table().channel(id)))
    parts.raised(id)
    const channel = table().channel(id)
    const { begins, cleared } = channel
    if (!begins || !cleared) return dropped
    await redactLast(channel, cleared)
    if (!(await sweep(parts, channel))) return dropped
    channel.cleared = { ...cleared, to: begins }
    await store.commit([putBeginning(channel)])
    return dropped
  }

  return {
    async retain(id, { from, because }) {
      const channel = table().channel(id)
      const { begins, cleared } = channel
      if (begins !== undefined && begins > from) return 0
      // Some may have come late: the last event of a feed, and the one after it.
      if (begins === from) return clear(id)
      Object.assign(channel, { begins: from, cleared: { because, to: cleared?.to } })
      try {
        await store.commit([putBeginning(channel)])
      } catch (error) {
        Object.assign(channel, { begins, cleared })
        throw error
      }
      return clear(id)
    },

    async resume() {
      for (const { id, begins, cleared } of table().channels.values()) {
        if (cleared?.to === begins) continue
        try {
          await clear(id)
        } catch (error) {
          if (!(error instanceof HearthError)) throw error
        }
      }
    },
  }
}
