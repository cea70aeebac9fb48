import { HearthError } from '../../spec/errors.ts'
import { createHybridClock, type HybridClock } from '../../spec/hybrid-clock.ts'
import { eventIdStamp } from '../../spec/event-id.ts'
import { redact } from '../../spec/event.ts'
import type { ChannelId, EventId, FeedId } from '../../spec/ids.ts'
import { assertChained } from './chained.ts'
import { createBackground, type Background } from './background.ts'
import type { Batch } from './batch.ts'
import { localTimers, type LogComponents, type LogInit } from './components.ts'
import { eventValue } from './event-value.ts'
import { bytesOf, extend, type Feed, type FeedTable } from './feed-table.ts'
import { createEventReader } from './event-reader.ts'
import { encodeSeal } from '../../spec/seal.ts'
import { eventKey, redactionKey, redactionWantedKey, sealKey } from './keys.ts'
import type {
  Admit,
  Appended,
  Draft,
  Entry,
  FeedSlice,
  FeedVersion,
  Finding,
  Log,
  LogStats,
  PageAnchor,
  RedactionsPage,
  RedactionWanted,
  Related,
  RelatedRange,
  RemoteSlice,
  Retention,
  Sealed,
  VerifyProgress,
} from './log.ts'
import { createReader, type Reader } from './reader.ts'
import { assertReaches, recover, type Recovered } from './recovery.ts'
import { bringUpToDate, readRedactionsWanted, readRelated, readTargets } from './relations.ts'
import { checkSlice, forked, type CheckedSlice } from './remote.ts'
import { createRetainer, type Retainer } from './retainer.ts'
import type { Operation } from '../store/store.ts'
import { createSlices, type SliceOf } from './slices.ts'
import { tell } from './tell.ts'
import { verifyLog } from './verify.ts'
import { sealedAt } from './sealer.ts'
import { Writer } from './writer.ts'

/**
 * Opens the log in a store. What a crash left undone is done first: heads and indexes after the last checkpoint, seals
 * of this node's feeds. Throws CORRUPT for a log that lost something which was on disk, and says how to go on.
 * The store stays the caller's: close the log first, then the store.
 */
export async function createLog(components: LogComponents, init: LogInit = {}): Promise<Log> {
  const { store, hash, highWater } = components
  const recovered = await recover(store, hash)
  const mark = await highWater.read()
  if (mark) await assertReaches(store, recovered, mark)
  const { relations } = components
  if (relations) await bringUpToDate({ store, relations }, recovered.table, createEventReader(hash))
  const log = new OpenLog(components, init, recovered)
  await log.start()
  return log
}

class OpenLog implements Log {
  readonly #components: LogComponents
  readonly #reader: Reader
  readonly #sliceOf: SliceOf
  readonly #writer: Writer
  readonly #background: Background
  readonly #retainer: Retainer
  readonly #hybrid: HybridClock
  readonly #listeners = new Set<(entries: readonly Entry[]) => void>()
  readonly #redactListeners = new Set<(entry: Entry) => void>()
  readonly #retainListeners = new Set<(channel: ChannelId) => void>()
  readonly #sealListeners = new Set<(sealed: readonly Sealed[]) => void>()
  #isAwaited: ((channel: ChannelId) => boolean) | undefined
  #table: FeedTable
  #position: number
  #closed: Promise<void> | undefined
  /** What must not meet: a walk over everything, and dropping. */
  #walks: Promise<unknown> = Promise.resolve()

  constructor(components: LogComponents, init: LogInit, recovered: Recovered) {
    const { store, hash, clock } = components
    const timers = components.timers ?? localTimers
    this.#components = components
    this.#table = recovered.table
    this.#position = recovered.position
    this.#hybrid = createHybridClock(clock)
    this.#reader = createReader({ store, hash, table: () => this.#table, position: () => this.#position })
    this.#sliceOf = createSlices({ store, reader: this.#reader })
    this.#background = createBackground(
      {
        ...components,
        timers,
        table: () => this.#table,
        onSealed: (sealed) => tell(this.#sealListeners, sealed),
      },
      init,
      recovered,
    )
    this.#writer = new Writer(
      {
        ...components,
        timers,
        reader: this.#reader,
        hybrid: this.#hybrid,
        revive: () => this.#revive(),
        isAwaited: (channel) => this.#isAwaited?.(channel) === true,
        sealWithBatch: (feeds) => this.#background.sealWithBatch(feeds),
        onWritten: (batch, at) => this.#written(batch, at),
      },
      recovered,
    )
    this.#retainer = createRetainer({
      ...components,
      timers,
      reader: this.#reader,
      table: () => this.#table,
      isEnding: () => this.#closed !== undefined,
      afterCheckpoint: (work) => this.#background.afterCheckpoint(work),
      has: async (id) => (await this.get(id)) !== undefined,
      raised: (channel) => tell(this.#retainListeners, channel),
      redact: (entry, by) => this.#redact(entry, { id: entry.id, by }),
    })
  }

  get position(): number {
    return this.#position
  }

  async start(): Promise<void> {
    this.#resumeClock()
    if (this.#components.store.damage.length > 0) {
      await this.#assertSound()
      await this.#components.store.clearDamage()
    }
    for (const feed of this.#unsealed()) {
      await assertChained(this.#reader, feed)
      this.#background.touch(feed)
    }
    await this.#background.settle()
    void this.#alone(() => this.#retainer.resume())
  }

  append(draft: Draft): Promise<Appended> {
    return this.#closed ? Promise.reject(closedError()) : this.#writer.append(draft)
  }

  get(id: EventId): Promise<Entry | undefined> {
    return this.#reader.get(id)
  }

  page(channel: ChannelId, anchor: PageAnchor, limit: number): Promise<Entry[]> {
    return this.#reader.page(channel, anchor, limit)
  }

  entries(channel: ChannelId, ids: readonly EventId[]): Promise<Entry[]> {
    return this.#reader.entries(channel, ids)
  }

  related(channel: ChannelId, kind: number, range: RelatedRange): Promise<Related[]> {
    return readRelated(this.#components.store, bytesOf(channel), kind, range)
  }

  targets(channel: ChannelId, kind: number, range: RelatedRange): Promise<EventId[]> {
    return readTargets(this.#components.store, bytesOf(channel), kind, range)
  }

  redactionsWanted(page: RedactionsPage = {}): Promise<RedactionWanted[]> {
    return readRedactionsWanted(this.#components.store, page)
  }

  since(
    channels: ReadonlySet<ChannelId> | undefined,
    from: number,
    limit: number,
  ): Promise<{ entries: Entry[]; to: number }> {
    return this.#reader.since(channels, from, limit)
  }

  newest(channel: ChannelId, after: number, limit: number): Promise<Entry[]> {
    return this.#reader.newest(channel, after, limit)
  }

  feeds(channel?: ChannelId): readonly FeedVersion[] {
    return this.#table.versions(channel)
  }

  onCommitted(listener: (entries: readonly Entry[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onRetained(listener: (channel: ChannelId) => void): () => void {
    this.#retainListeners.add(listener)
    return () => this.#retainListeners.delete(listener)
  }

  onRedacted(listener: (entry: Entry) => void): () => void {
    this.#redactListeners.add(listener)
    return () => this.#redactListeners.delete(listener)
  }

  sealedFeeds(channel?: ChannelId): readonly FeedVersion[] {
    return this.#table.sealedVersions(channel, this.#components.keys.nodeId)
  }

  onSealed(listener: (sealed: readonly Sealed[]) => void): () => void {
    this.#sealListeners.add(listener)
    return () => this.#sealListeners.delete(listener)
  }

  async appendRemote(slice: RemoteSlice, admit?: Admit): Promise<Entry[]> {
    if (this.#closed) throw closedError()
    const { hash, keys } = this.#components
    const checked = checkSlice({ hash, keys, clock: this.#hybrid }, this.#writer.epoch, slice, admit)
    await this.#assertShared(checked)
    return this.#writer.appendSlice(checked)
  }

  async reseal(slice: RemoteSlice): Promise<boolean> {
    if (this.#closed) throw closedError()
    const { hash, keys, store } = this.#components
    const checked = checkSlice({ hash, keys, clock: this.#hybrid }, this.#writer.epoch, slice, undefined)
    const feed = this.#table.feeds.get(checked.feed)
    const { seal } = slice
    if (feed === undefined || seal === undefined || seal.seq > feed.stored.seq || slice.from < feed.storedFloor)
      return false
    await this.#assertShared(checked)
    await store.commit([{ type: 'put', key: sealKey(feed.bytes, seal.seq), value: encodeSeal(seal) }])
    return true
  }

  /** Throws CHAIN_BROKEN: the events that both sides hold are not the same. */
  async #assertShared(checked: CheckedSlice): Promise<void> {
    const feed = this.#table.feeds.get(checked.feed)
    // What both sides hold must be the same; one event is enough, the chain vouches for those before it.
    const shared = checked.events.findLast(
      ({ header }) => feed && header.seq >= feed.storedFloor && header.seq <= feed.stored.seq,
    )
    if (feed && shared) {
      const [ours] = await this.#reader.feedEvents(feed, shared.header.seq, 1)
      if (!ours || Buffer.compare(ours.hash, shared.hash) !== 0) throw forked(feed.id, shared.header.seq)
    }
  }

  slice(id: FeedId, from: number, limit: number, within = false): Promise<FeedSlice | undefined> {
    const feed = this.#table.feeds.get(id)
    return feed ? this.#sliceOf(feed, { from, limit, within }) : Promise.resolve(undefined)
  }

  async redact(id: EventId, by: EventId): Promise<Entry> {
    return this.#redact(await this.get(id), { id, by })
  }

  async #redact(entry: Entry | undefined, { id, by }: { id: EventId; by: EventId }): Promise<Entry> {
    const reason = await this.get(by)
    if (!entry || !reason) throw new HearthError('NOT_FOUND', `there is no event ${entry ? by : id}`)
    const channel = this.#table.channel(entry.channel)
    const done: Operation = { type: 'del', key: redactionWantedKey(channel.bytes, bytesOf(id), bytesOf(by)) }
    if (!entry.body) {
      await this.#components.store.commit([done])
      return entry
    }
    const stored = await this.#reader.read(channel, id)
    const raw = redact(entry.raw)
    await this.#components.store.commit([
      done,
      {
        type: 'put',
        key: eventKey(channel.bytes, bytesOf(id)),
        value: eventValue(raw, stored.hash, entry.position),
      },
      { type: 'put', key: redactionKey(bytesOf(id)), value: bytesOf(by) },
    ])
    const redacted: Entry = { ...entry, body: undefined, raw }
    this.#table.replace(redacted)
    tell(this.#redactListeners, redacted)
    return redacted
  }

  async retain(channel: ChannelId, retention: Retention): Promise<number> {
    if (this.#closed) throw closedError()
    return this.#alone(() => this.#retainer.retain(channel, retention))
  }

  beginningOf(channel: ChannelId): EventId | undefined {
    return this.#table.channels.get(channel)?.begins
  }

  seal(): Promise<void> {
    return this.#background.seal()
  }

  sealPromptly(isAwaited: (channel: ChannelId) => boolean): () => void {
    this.#isAwaited = isAwaited
    return () => {
      if (this.#isAwaited === isAwaited) this.#isAwaited = undefined
    }
  }

  verify(onProgress: (progress: VerifyProgress) => void = () => undefined): Promise<Finding[]> {
    return this.#alone(async () => {
      await this.#writer.drained()
      await this.#background.settle()
      return verifyLog({ ...this.#components, table: this.#table, position: this.#position }, onProgress)
    })
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#walks.then(work)
    this.#walks = run.catch(() => undefined)
    return run
  }

  stats(): LogStats {
    const feeds = [...this.#table.feeds.values()]
    return {
      position: this.#position,
      channels: this.#table.channels.size,
      feeds: feeds.length,
      unsealed: feeds.reduce((sum, { sealed, stored }) => sum + Math.max(0, stored.seq - sealed), 0),
      waiting: this.#writer.waiting,
      fault: this.#background.fault,
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#writer
      .drained()
      .then(() => this.#walks)
      .then(() => this.#background.close())
    return this.#closed
  }

  #written(
    { written, seals }: Pick<Batch, 'written' | 'seals'>,
    at: { readonly position: number; readonly digest: Uint8Array },
  ): void {
    const { nodeId } = this.#components.keys
    for (const extension of written) {
      extend(this.#table, extension)
      extension.feed.sealed = Math.max(extension.feed.sealed, extension.sealed)
    }
    for (const { feed, point } of seals) sealedAt(feed, point)
    for (const { feed } of written) {
      if (feed.origin.node === nodeId && feed.sealed < feed.stored.seq) this.#background.touch(feed)
    }
    this.#position = at.position
    this.#background.written(at)
    tell(
      this.#listeners,
      written.map(({ entry }) => entry),
    )
    if (seals.length === 0) return
    tell(
      this.#sealListeners,
      seals.map(({ feed: { id, origin }, seal }) => ({ feed: id, origin, seal })),
    )
  }

  /** After a failed write: what is on disk is the truth. */
  #revive(): Promise<Recovered> {
    return this.#background.alone(() => this.#readAnew())
  }

  async #readAnew(): Promise<Recovered> {
    await this.#components.store.ready()
    const recovered = await recover(this.#components.store, this.#components.hash)
    this.#table = recovered.table
    this.#position = recovered.position
    this.#background.reset(recovered)
    this.#resumeClock()
    for (const feed of this.#unsealed()) this.#background.touch(feed)
    return recovered
  }

  #unsealed(): Feed[] {
    const { nodeId } = this.#components.keys
    return [...this.#table.feeds.values()].filter(
      ({ origin, sealed, stored }) => origin.node === nodeId && sealed < stored.seq,
    )
  }

  #resumeClock(): void {
    for (const { stored } of this.#table.feeds.values()) {
      if (stored.id !== undefined) this.#hybrid.resume(eventIdStamp(stored.id))
    }
  }

  /** The engine says that it dropped something: harmless if it was never acknowledged, so look. */
  async #assertSound(): Promise<void> {
    const findings = await this.verify()
    const found = findings.find(({ kind }) => kind !== 'engine')
    if (found) throw new HearthError('CORRUPT', `${found.what}; ${found.fix}`)
  }
}

const closedError = (): HearthError => new HearthError('STORE_FAILED', 'the log is closed')
