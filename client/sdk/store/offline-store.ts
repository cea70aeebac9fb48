import { HearthError } from '../../../spec/errors.ts'
import { isChannelId } from '../../../spec/identifiers.ts'
import type { ChannelId, EventId } from '../../../spec/ids.ts'
import type { EventJson } from '../../../spec/message.ts'
import type { Outgoing } from '../outbox.ts'
import type { KeyValue, KeyValueOperation } from './key-value.ts'
import {
  channelRecord,
  eventRecord,
  keyRecord,
  placeRecord,
  readOutgoing,
  schemaVersion,
  writeOutgoing,
  type KeptChannel,
  type KeptEvent,
  type KeptKey,
} from './kept.ts'

/** What outlives a restart of the client. */
export interface Remembered {
  /** Undefined: nothing was seen yet. */
  readonly cursor: number | undefined
  /** Oldest first. */
  readonly outbox: readonly Outgoing[]
  readonly key: KeptKey | undefined
}

/** What a channel shows now. */
export interface SeenChannel {
  readonly floor: EventId | ''
  /** Ascending by id. */
  readonly events: readonly KeptEvent[]
}

/**
 * What one user's client keeps of one node: what was seen of each channel, what was said and not yet sent, the cursor,
 * the device's key. Writes are made in the order of the calls, each whole; a rejection is HearthError STORE_FAILED.
 */
export interface OfflineStore {
  /** To be called first. Throws SCHEMA_NEWER, or BAD_REQUEST when it is another user's. */
  remember(user: string): Promise<Remembered>
  /** Undefined: nothing is kept of it. */
  channel(id: ChannelId): Promise<KeptChannel | undefined>
  /**
   * The channels that were seen up to the cursor; undefined: as they were saved before. Of each the newest
   * `eventsPerChannelMax` are kept, of channels the `channelsMax` that were seen last.
   */
  saveSeen(cursor: number, channels: ReadonlyMap<ChannelId, SeenChannel | undefined>): Promise<void>
  forget(channel: ChannelId): Promise<void>
  saveOutgoing(outgoing: Outgoing): Promise<void>
  dropOutgoing(id: string): Promise<void>
  saveKey(key: KeptKey): Promise<void>
  /** A further record of this client, at most a few kilobytes: JSON under a name of `[a-z]+/…` in ASCII. */
  note(name: string, value: unknown): Promise<void>
  notes(prefix: string): Promise<(readonly [name: string, value: unknown])[]>
  /** Resolves when all that was asked for so far is kept. */
  saved(): Promise<void>
  close(): Promise<void>
}

export interface OfflineStoreInit {
  /** Default 200. */
  readonly eventsPerChannelMax?: number
  /** Default 100. */
  readonly channelsMax?: number
}

interface Meta {
  floor: EventId | ''
  upTo: number
}

export const createOfflineStore = (
  keyValue: KeyValue,
  { eventsPerChannelMax = 200, channelsMax = 100 }: OfflineStoreInit = {},
): OfflineStore => {
  const metas = new Map<ChannelId, Meta>()
  /** By channel, what is stored: to write only what has changed. */
  const stored = new Map<ChannelId, Map<EventId, KeptEvent>>()
  const outboxKeys = new Map<string, string>()
  /** Those that the stored cursor speaks of. */
  let current: ReadonlySet<ChannelId> = new Set()
  let cursor: number | undefined
  let outboxNext = 1
  let writing: Promise<void> = Promise.resolve()

  const write = (operations: readonly KeyValueOperation[]): Promise<void> => {
    if (operations.length === 0) return writing
    const mine = writing.then(() => keyValue.commit(operations))
    // what is stored is read again before the next change to it
    writing = mine.catch(() => {
      stored.clear()
      cursor = undefined
    })
    return mine
  }

  const storedOf = async (channel: ChannelId): Promise<Map<EventId, KeptEvent>> => {
    const known = stored.get(channel)
    if (known !== undefined) return known
    await writing
    const entries = await keyValue.entries(eventPrefix(channel))
    const events = new Map<EventId, KeptEvent>()
    for (const [, value] of entries) {
      const parsed = eventRecord.safeParse(value)
      if (parsed.success) events.set(parsed.data.event.id, parsed.data)
    }
    const raced = stored.get(channel)
    if (raced === undefined) stored.set(channel, events)
    return raced ?? events
  }

  const dropping = async (channel: ChannelId): Promise<KeyValueOperation[]> => {
    const events = metas.has(channel) ? await storedOf(channel) : new Map<EventId, KeptEvent>()
    metas.delete(channel)
    stored.delete(channel)
    return [
      { type: 'del', key: channelKey(channel) },
      ...[...events.keys()].map((id) => ({ type: 'del', key: eventKey(channel, id) }) as const),
    ]
  }

  const changesOf = async (channel: ChannelId, seen: SeenChannel): Promise<KeyValueOperation[]> => {
    const before = metas.has(channel) ? await storedOf(channel) : new Map<EventId, KeptEvent>()
    const cut = Math.max(0, seen.events.length - eventsPerChannelMax)
    const kept = seen.events.slice(cut)
    const after = new Map(kept.map((one) => [one.event.id, one]))
    metas.set(channel, { floor: cut > 0 ? kept[0]!.event.id : seen.floor, upTo: 0 })
    stored.set(channel, after)
    return [
      ...kept
        .filter((one) => !isSame(before.get(one.event.id), one))
        .map((one) => ({ type: 'put', key: eventKey(channel, one.event.id), value: one }) as const),
      ...[...before.keys()]
        .filter((id) => !after.has(id))
        .map((id) => ({ type: 'del', key: eventKey(channel, id) }) as const),
    ]
  }

  /** One after the other: each builds on what the one before has stored. */
  let saving: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const mine = saving.then(task)
    saving = mine.catch(() => undefined)
    return mine
  }

  const saveSeen: OfflineStore['saveSeen'] = async (to, channels) => {
    const operations: KeyValueOperation[] = []
    for (const [channel, seen] of channels) if (seen !== undefined) operations.push(...(await changesOf(channel, seen)))
    const known = [...channels.keys()].filter((channel) => metas.has(channel))
    const left = [...current].filter((channel) => !channels.has(channel))
    for (const channel of [...known, ...left]) {
      const meta = metas.get(channel)
      if (meta === undefined) continue
      if (channels.has(channel)) meta.upTo = to
      if (left.includes(channel) || channels.get(channel) !== undefined)
        operations.push({ type: 'put', key: channelKey(channel), value: { ...meta } })
    }
    for (const channel of surplus(metas, channelsMax)) operations.push(...(await dropping(channel)))
    const now = known.filter((channel) => metas.has(channel))
    if (operations.length === 0 && to === cursor && isEqual(new Set(now), current)) return
    current = new Set(now)
    cursor = to
    await write([...operations, { type: 'put', key: 'place', value: { cursor: to, channels: now } }])
  }

  return {
    remember: async (user) => {
      const version = await keyValue.get('version')
      if (version === undefined) {
        await write([
          { type: 'put', key: 'version', value: schemaVersion },
          { type: 'put', key: 'owner', value: user },
        ])
      } else if (version !== schemaVersion) {
        throw new HearthError(
          'SCHEMA_NEWER',
          `the offline store has version ${JSON.stringify(version)}, ${schemaVersion} is known`,
        )
      } else if ((await keyValue.get('owner')) !== user) {
        throw new HearthError('BAD_REQUEST', 'this offline store belongs to another user')
      }
      const place = placeRecord.safeParse(await keyValue.get('place'))
      for (const [key, value] of await keyValue.entries('channel/')) {
        const channel = key.slice('channel/'.length)
        const meta = channelRecord.safeParse(value)
        if (isChannelId(channel) && meta.success) metas.set(channel, meta.data)
      }
      if (place.success) {
        cursor = place.data.cursor
        current = new Set(place.data.channels.filter((channel) => metas.has(channel)))
        for (const channel of current) metas.get(channel)!.upTo = place.data.cursor
      }
      const key = keyRecord.safeParse(await keyValue.get('key'))
      const outbox: Outgoing[] = []
      for (const [slot, value] of await keyValue.entries('outbox/')) {
        outboxNext = Math.max(outboxNext, Number(slot.slice('outbox/'.length)) + 1)
        const outgoing = readOutgoing(value)
        if (outgoing === undefined || outboxKeys.has(outgoing.id)) continue
        outboxKeys.set(outgoing.id, slot)
        outbox.push(outgoing)
      }
      return { cursor, outbox, key: key.success ? key.data : undefined }
    },
    channel: (id) =>
      inTurn(async () => {
        const meta = metas.get(id)
        if (meta === undefined) return undefined
        const events = [...(await storedOf(id)).values()].filter(({ event }) => event.id >= meta.floor)
        return { ...meta, events: events.sort((a, b) => (a.event.id < b.event.id ? -1 : 1)) }
      }),
    saveSeen: (to, channels) => inTurn(() => saveSeen(to, channels)),
    forget: (channel) => inTurn(async () => write(await dropping(channel))),
    saveOutgoing: (outgoing) => {
      const key = outboxKeys.get(outgoing.id) ?? `outbox/${String(outboxNext++).padStart(12, '0')}`
      outboxKeys.set(outgoing.id, key)
      return write([{ type: 'put', key, value: writeOutgoing(outgoing) }])
    },
    dropOutgoing: (id) => {
      const key = outboxKeys.get(id)
      outboxKeys.delete(id)
      return key === undefined ? Promise.resolve() : write([{ type: 'del', key }])
    },
    saveKey: (key) => write([{ type: 'put', key: 'key', value: key }]),
    note: (name, value) =>
      write([value === undefined ? { type: 'del', key: `note/${name}` } : { type: 'put', key: `note/${name}`, value }]),
    notes: async (prefix) =>
      (await keyValue.entries(`note/${prefix}`)).map(([key, value]) => [key.slice('note/'.length), value] as const),
    saved: async () => {
      await saving
      await writing
    },
    close: async () => {
      await saving
      await writing
      await keyValue.close()
    },
  }
}

/** Of too many channels those that were seen longest ago. */
const surplus = (metas: ReadonlyMap<ChannelId, Meta>, max: number): ChannelId[] =>
  metas.size <= max
    ? []
    : [...metas]
        .sort(([, a], [, b]) => a.upTo - b.upTo)
        .slice(0, metas.size - max)
        .map(([channel]) => channel)

/** What the timeline shows is made anew when it changes. */
const isSame = (before: KeptEvent | undefined, now: KeptEvent): boolean =>
  before !== undefined && before.event === now.event && before.nodes === now.nodes

const isEqual = (a: ReadonlySet<ChannelId>, b: ReadonlySet<ChannelId>): boolean =>
  a.size === b.size && [...a].every((one) => b.has(one))

const channelKey = (channel: ChannelId): string => `channel/${channel}`
const eventPrefix = (channel: ChannelId): string => `event/${channel}/`
const eventKey = (channel: ChannelId, id: EventJson['id']): string => eventPrefix(channel) + id
