/** Which events say something about which: an index written in the batch of the event itself, so that it never lags. */
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { formatUuid, parseUuid } from '../../spec/uuid.ts'
import type { Operation, Store } from '../store/store.ts'
import type { EventReader } from './event-reader.ts'
import { bytesOf, type FeedTable } from './feed-table.ts'
import { eventKeyBytes, idBytes, kindRange, redactionWantedKey, relationKey, relationsVersionKey } from './keys.ts'
import type { Entry, Related, RelatedRange, RedactionsPage, RedactionWanted } from './log.ts'
import { recordsOf } from './walk.ts'

/** What an event is about: another of its channel, here or not. */
export interface Relation {
  /** One byte: relations of one kind are read together. */
  readonly kind: number
  readonly target: EventId
  /** The event wants the body of its target gone: `redactionsWanted` lists it until `redact` was called for it. */
  readonly redacts: boolean
}

/** Injected, so that the log need not know what events say. */
export interface Relations {
  /** Another version than the one that the index was written with: it is written again at the next start. */
  readonly version: number
  /** Pure; never throws. Undefined: about no other event. */
  of(type: string, body: Uint8Array): Relation | undefined
}

export const noRelations: Relations = { version: 0, of: () => undefined }

/** The operations that go into the batch of an event. */
export function putRelation(relations: Relations, channel: Uint8Array, entry: Entry): readonly Operation[] {
  const relation = entry.body && relations.of(entry.type, entry.body)
  if (!relation) return noOperations
  const { kind, target, redacts } = relation
  const [about, by] = [bytesOf(target), bytesOf(entry.id)]
  const related: Operation = { type: 'put', key: relationKey(channel, kind, about, by), value: nothing }
  if (!redacts) return [related]
  return [related, { type: 'put', key: redactionWantedKey(channel, about, by), value: nothing }]
}

/** In one range read. */
export async function readRelated(
  store: Store,
  channel: Uint8Array,
  kind: number,
  { from, to, before, limit, reverse = false }: RelatedRange,
): Promise<Related[]> {
  const last = relationKey(channel, kind, bytesOf(to))
  const found = await store.entries({
    gte: relationKey(channel, kind, bytesOf(from)),
    lt: Buffer.concat([last, before === undefined ? aboveId : bytesOf(before)]),
    reverse,
    ...(limit !== undefined && { limit }),
  })
  return found.map(([key]) => ({ target: idAt(key, targetAt), id: idAt(key, targetAt + idBytes) }))
}

/** The events that others are about, each once: one seek for each, however many the others are. */
export async function readTargets(
  store: Store,
  channel: Uint8Array,
  kind: number,
  { from, to, limit = Infinity, reverse = false }: RelatedRange,
): Promise<EventId[]> {
  const targets: EventId[] = []
  let gte: Uint8Array = relationKey(channel, kind, bytesOf(from))
  let lt: Uint8Array = Buffer.concat([relationKey(channel, kind, bytesOf(to)), aboveId])
  while (targets.length < limit) {
    const [record] = await store.entries({ gte, lt, reverse, limit: 1 })
    if (!record) break
    const target = idAt(record[0], targetAt)
    targets.push(target)
    if (reverse) lt = relationKey(channel, kind, bytesOf(target))
    else gte = Buffer.concat([relationKey(channel, kind, bytesOf(target)), aboveId])
  }
  return targets
}

export async function readRedactionsWanted(
  store: Store,
  { of, after, limit }: RedactionsPage,
): Promise<RedactionWanted[]> {
  const one = of && redactionWantedKey(bytesOf(of.channel), bytesOf(of.target), nothing)
  const { gte, lt } = one === undefined ? kindRange('w') : { gte: one, lt: Buffer.concat([one, aboveId]) }
  const last = after && redactionWantedKey(bytesOf(after.channel), bytesOf(after.target), bytesOf(after.by))
  const records = await store.entries({
    gte: last === undefined ? gte : Buffer.concat([last, Buffer.alloc(1)]),
    lt,
    ...(limit !== undefined && { limit }),
  })
  return records.map(([key]) => ({
    channel: formatUuid(key, 1) as ChannelId,
    target: idAt(key, 1 + idBytes),
    by: idAt(key, 1 + 2 * idBytes),
  }))
}

/** Before the log opens: an index of another version is dropped and written from the events. Cut short, it begins anew. */
export async function bringUpToDate(
  { store, relations }: { readonly store: Store; readonly relations: Relations },
  table: FeedTable,
  readEvent: EventReader,
): Promise<void> {
  const stored = await store.get(relationsVersionKey)
  if ((stored?.[0] ?? 0) === relations.version) return
  for (const kind of ['t', 'w']) {
    for await (const records of recordsOf(store, kind)) {
      await store.commit(records.map(([key]) => ({ type: 'del', key })))
    }
  }
  for await (const records of recordsOf(store, 'e')) {
    const operations = records.flatMap(([key, value]) => {
      const channel = table.channels.get(formatUuid(key, 1) as ChannelId)
      if (!channel || key.length !== eventKeyBytes) return []
      return [...putRelation(relations, channel.bytes, readEvent(table, channel, value).entry)]
    })
    if (operations.length > 0) await store.commit(operations)
  }
  await store.commit([{ type: 'put', key: relationsVersionKey, value: Uint8Array.of(relations.version) }])
}

/** Of these events, those that are about another and are not listed for it. */
export async function unlisted(
  { store, relations }: { readonly store: Store; readonly relations: Relations },
  entries: readonly Entry[],
): Promise<Entry[]> {
  const wanted = entries.flatMap((entry) => {
    const [put] = putRelation(relations, parseUuid(entry.channel) ?? nothing, entry)
    return put ? [{ entry, key: put.key }] : []
  })
  const values = await store.getMany(wanted.map(({ key }) => key))
  return wanted.flatMap(({ entry }, index) => (values[index] ? [] : [entry]))
}

const nothing = new Uint8Array()
const noOperations: readonly Operation[] = []
const targetAt = 1 + idBytes + 1
const aboveId: Buffer = Buffer.alloc(idBytes + 1, 0xff)

const idAt = (key: Uint8Array, at: number): EventId => {
  if (key.length < at + idBytes) throw new HearthError('CORRUPT', 'a key of the index of relations is cut short')
  return formatUuid(key, at) as EventId
}
