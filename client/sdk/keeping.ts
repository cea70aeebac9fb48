import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import type { SdkComponents } from './components.ts'
import type { Outgoing } from './outbox.ts'
import type { Reader } from './reader.ts'
import type { OfflineStore, SeenChannel } from './store/offline-store.ts'

export interface KeepingComponents extends Pick<SdkComponents, 'delay'> {
  readonly store: OfflineStore
  readonly reader: Pick<Reader, 'cursor' | 'current' | 'timeline'>
  readonly nodesOf: (event: EventId) => number | undefined
  /** A write has failed; what it was about is written again with the next change. */
  readonly onFault: (error: HearthError) => void
}

/** Brings what the client sees into its store: at once what is to be sent, soon what was read. */
export interface Keeping {
  /** The timeline of a channel has changed. */
  seen(channel: ChannelId): void
  forget(channel: ChannelId): void
  keep(outgoing: Outgoing): void
  drop(id: string): void
  /** Resolves when everything up to now is on disk. */
  saved(): Promise<void>
  close(): Promise<void>
}

/** A crash costs so much of what was read, and no more: it is caught up with. */
const soonMs = 250

export const createKeeping = ({ store, reader, nodesOf, onFault, delay }: KeepingComponents): Keeping => {
  const changed = new Set<ChannelId>()
  const closing = new AbortController()
  let scheduled = false

  const watch = (writing: Promise<void>): Promise<void> =>
    writing.catch((error: unknown) => {
      if (!(error instanceof HearthError)) throw error
      onFault(error)
    })

  /** Reads the cursor and the channels in one turn, so that they belong together. */
  const save = (): Promise<void> => {
    scheduled = false
    const { cursor } = reader
    if (cursor === undefined) return Promise.resolve()
    const channels = new Map<ChannelId, SeenChannel | undefined>()
    for (const channel of reader.current()) {
      const timeline = reader.timeline(channel)
      if (!timeline.isLoaded) continue
      const kept = changed.has(channel) ? timeline.kept() : undefined
      channels.set(channel, kept && { floor: kept.floor, events: kept.events.map(asKept) })
    }
    const saving = [...channels].filter(([, seen]) => seen !== undefined).map(([channel]) => channel)
    for (const channel of saving) changed.delete(channel)
    return watch(
      store.saveSeen(cursor, channels).catch((error: unknown) => {
        for (const channel of saving) changed.add(channel)
        throw error
      }),
    )
  }
  const asKept = (event: SeenChannel['events'][number]['event']): SeenChannel['events'][number] => {
    const nodes = nodesOf(event.id)
    return { event, ...(nodes !== undefined && { nodes }) }
  }

  return {
    seen: (channel) => {
      changed.add(channel)
      if (scheduled || closing.signal.aborted) return
      scheduled = true
      void delay(soonMs, closing.signal).then(() => (closing.signal.aborted ? undefined : save()))
    },
    forget: (channel) => {
      changed.delete(channel)
      void watch(store.forget(channel))
    },
    keep: (outgoing) => void watch(store.saveOutgoing(outgoing)),
    drop: (id) => void watch(store.dropOutgoing(id)),
    saved: async () => {
      await save()
      await store.saved()
    },
    close: async () => {
      closing.abort()
      await save()
      await store.close()
    },
  }
}
