import type { HybridClock } from '../../spec/hybrid-clock.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChainedEvent } from '../../spec/feed.ts'
import { encodeHex } from '../../spec/hex.ts'
import { limits } from '../../spec/limits.ts'
import { encodeSeal } from '../../spec/seal.ts'
import { decodeBase32 } from '../../spec/base32.ts'
import { readEventId } from '../../spec/event-id.ts'
import { formatUuid } from '../../spec/uuid.ts'
import type { ChannelId } from '../../spec/ids.ts'
import type { LogComponents, Timers } from './components.ts'
import { corrupt, eventValue } from './event-value.ts'
import { bytesOf, isBefore, type Feed, type FeedTable } from './feed-table.ts'
import { putHead } from './head-record.ts'
import {
  arrivalItemBytes,
  arrivalKey,
  dedupKey,
  digestBytes,
  eventKeyOf,
  idBytes,
  redactionKey,
  sealKey,
} from './keys.ts'
import type { Appended, Draft, Entry } from './log.ts'
import type { Reader } from './reader.ts'
import { arrivalDigest, type Recovered } from './recovery.ts'
import { noRelations, putRelation } from './relations.ts'
import { newEvents, noteWhole, type CheckedSlice } from './remote.ts'
import type { BatchSeal } from './sealer.ts'
import {
  isNamed,
  noFollowers,
  openBatch,
  writeArrival,
  type Batch,
  type DraftItem,
  type Item,
  type SliceItem,
} from './batch.ts'
import { createStamper, type Stamper } from './stamp.ts'

export interface WriterParts extends LogComponents {
  readonly timers: Timers
  readonly reader: Reader
  readonly hybrid: HybridClock
  /** Reads the log anew after a failed write; the next batch is stamped on what it finds. */
  revive(): Promise<Recovered>
  /** This node's events in the channel are to be sealed in their own batch. */
  isAwaited(channel: ChannelId): boolean
  sealWithBatch(feeds: readonly Feed[]): readonly BatchSeal[]
  onWritten(
    batch: Pick<Batch, 'written' | 'seals'>,
    at: { readonly position: number; readonly digest: Uint8Array },
  ): void
}

/** Events of one batch; more wait for the next. */
const batchEventsMax = 4_096

/**
 * The one writer: drafts wait until the turn of the event loop is over, are stamped in the order of the calls, and
 * go to the store as one batch. While one batch is on its way to the disk, the next is stamped.
 */
export class Writer {
  /** Random for each start of the process, and after each fault (FEED-2). */
  epoch: string
  readonly #parts: WriterParts
  readonly #stamp: Stamper
  /** By member and client message id: drafts on their way, so that a retry joins the first. */
  readonly #sending = new Map<string, DraftItem>()
  #table: FeedTable
  #stampedTo: number
  #digest: Uint8Array
  #waiting: Item[] = []
  #staged: Batch | undefined
  #scheduled = false
  #staging = false
  #writing = false
  #stale = false
  #idle: (() => void)[] = []

  constructor(parts: WriterParts, { table, position, digest }: Recovered) {
    this.#parts = parts
    this.#stamp = createStamper(parts)
    this.#table = table
    this.#stampedTo = position
    this.#digest = digest
    this.epoch = encodeHex(parts.random(8))
  }

  get waiting(): number {
    return this.#waiting.length + (this.#staged?.items.length ?? 0)
  }

  append(draft: Draft): Promise<Appended> {
    const { clientMessageId, member } = draft
    if (clientMessageId === undefined) {
      return new Promise((resolve, reject) => {
        this.#take({ kind: 'draft', draft, dedup: undefined, followers: noFollowers, resolve, reject })
      })
    }
    const length = Buffer.byteLength(clientMessageId)
    if (length === 0 || length > limits.clientMessageIdBytesMax) {
      const most = limits.clientMessageIdBytesMax
      return Promise.reject(new HearthError('BAD_REQUEST', `a client message id has 1 to ${most} bytes, not ${length}`))
    }
    const name = `${member} ${clientMessageId}`
    const first = this.#sending.get(name)
    if (first) return new Promise((resolve, reject) => void first.followers.push({ resolve, reject }))
    return new Promise((resolve, reject) => {
      const key = dedupKey(decodeBase32(member) ?? new Uint8Array(idBytes), clientMessageId)
      const item: DraftItem = { kind: 'draft', draft, dedup: { name, key }, followers: [], resolve, reject }
      this.#sending.set(name, item)
      this.#take(item)
    })
  }

  appendSlice(checked: CheckedSlice): Promise<Entry[]> {
    return new Promise((resolve, reject) => {
      this.#take({ kind: 'slice', checked, resolve, reject })
    })
  }

  /** Resolves when everything that was called before is durable or refused. */
  drained(): Promise<void> {
    return this.#isIdle() ? Promise.resolve() : new Promise((resolve) => void this.#idle.push(resolve))
  }

  #take(item: Item): void {
    this.#waiting.push(item)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#staging || this.#staged || this.#waiting.length === 0) return
    this.#scheduled = true
    this.#parts.timers.soon(() => {
      this.#scheduled = false
      void this.#stage()
    })
  }

  async #stage(): Promise<void> {
    this.#staging = true
    const items = this.#waiting.splice(0, batchEventsMax)
    try {
      const known = items.some(isNamed) ? await this.#lookUp(items) : undefined
      if (this.#stale) await this.#revive()
      const batch = this.#build(items, known)
      if (batch.written.length > 0) this.#staged = batch
    } catch (error) {
      for (const item of items) this.#refuse(item, error)
    }
    this.#staging = false
    this.#advance()
  }

  /** Gives the store its next batch, gets the one after it ready, or says that there is nothing left. */
  #advance(): void {
    const batch = this.#staged
    if (batch && !this.#writing) {
      this.#staged = undefined
      this.#writing = true
      this.#parts.store.commit(batch.operations).then(
        () => this.#written(batch),
        (error: unknown) => this.#failed(batch, error),
      )
    }
    this.#schedule()
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #isIdle(): boolean {
    return this.#waiting.length === 0 && !this.#staging && !this.#staged && !this.#writing
  }

  #written(batch: Batch): void {
    this.#writing = false
    const { items, results, written, first } = batch
    this.#advance()
    for (let index = 0; index < items.length; index++) {
      const item = items[index]
      if (!item) continue
      const result = results[index]
      if (item.kind === 'slice') item.resolve(Array.isArray(result) ? result : [])
      else if (result && !Array.isArray(result)) this.#accept(item, 'appended', result)
    }
    this.#parts.onWritten(batch, { position: first + written.length - 1, digest: batch.digest })
  }

  /** What was stamped after the failed batch is chained to it: all of it is refused, and the log is read anew. */
  #failed(batch: Batch, error: unknown): void {
    this.#writing = false
    this.#stale = true
    const staged = this.#staged
    this.#staged = undefined
    for (const item of [...batch.items, ...(staged?.items ?? [])]) this.#refuse(item, error)
    this.#advance()
  }

  async #revive(): Promise<void> {
    const { table, position, digest } = await this.#parts.revive()
    this.#table = table
    this.#stampedTo = position
    this.#digest = digest
    // Sequence numbers of the failed batch are never used again with other events.
    this.epoch = encodeHex(this.#parts.random(8))
    this.#stale = false
  }

  #accept(item: DraftItem, status: Appended['status'], entry: Entry): void {
    item.resolve({ status, entry })
    if (!item.dedup) return
    this.#sending.delete(item.dedup.name)
    for (const follower of item.followers) follower.resolve({ status: 'duplicate', entry })
  }

  #refuse(item: Item, error: unknown): void {
    item.reject(error)
    if (item.kind === 'slice' || !item.dedup) return
    this.#sending.delete(item.dedup.name)
    for (const follower of item.followers) follower.reject(error)
  }

  /** Which of the drafts are in the log already, by their client message ids. */
  async #lookUp(items: readonly Item[]): Promise<Map<Item, Entry>> {
    const named = items.filter(isNamed)
    const values = await this.#parts.store.getMany(named.map(({ dedup }) => dedup.key))
    const known = new Map<Item, Entry>()
    for (const [index, item] of named.entries()) {
      const value = values[index]
      if (!value) continue
      const channel = this.#table.channel(formatUuid(value, 0) as ChannelId)
      const id = readEventId(value, idBytes)
      if (id === undefined) throw corrupt(channel, undefined, 'a client message id leads to no event')
      // FEED-7: nobody tries again for so long.
      if (isBefore(channel, id)) continue
      known.set(item, (await this.#parts.reader.read(channel, id)).entry)
    }
    return known
  }

  #build(items: readonly Item[], known: ReadonlyMap<Item, Entry> | undefined): Batch {
    const batch = openBatch(items, this.#stampedTo + 1, this.#digest)
    for (const item of items) {
      try {
        const entry = known?.get(item)
        if (entry && item.kind === 'draft') this.#accept(item, 'duplicate', entry)
        else if (item.kind === 'draft') this.#addDraft(batch, item)
        else this.#addSlice(batch, item)
      } catch (error) {
        this.#refuse(item, error)
      }
    }
    if (batch.written.length === 0) return batch
    const value = batch.arrivals.subarray(0, digestBytes + batch.written.length * arrivalItemBytes)
    batch.digest = arrivalDigest(this.#parts.hash, this.#digest, value.subarray(digestBytes))
    value.set(batch.digest)
    this.#digest = batch.digest
    batch.operations.push({ type: 'put', key: arrivalKey(batch.first), value })
    this.#seal(batch)
    return batch
  }

  /** Sooner than with a flush of its own by one sync of the disk. */
  #seal(batch: Batch): void {
    const awaited = new Set<Feed>()
    for (const { feed, sealed } of batch.written) {
      if (sealed === 0 && feed === feed.channel.own && this.#parts.isAwaited(feed.channel.id)) awaited.add(feed)
    }
    if (awaited.size === 0) return
    batch.seals = this.#parts.sealWithBatch([...awaited])
    for (const { feed, seal } of batch.seals) {
      batch.operations.push({ type: 'put', key: sealKey(feed.bytes, seal.seq), value: encodeSeal(seal) })
    }
  }

  #addDraft(batch: Batch, item: DraftItem): void {
    const { draft, dedup } = item
    const channel = this.#table.channel(draft.channel)
    const node = this.#parts.keys.nodeId
    const feed =
      channel.own?.origin.epoch === this.epoch
        ? channel.own
        : this.#table.open({ node, channel: draft.channel, epoch: this.epoch })
    const { entry, key, value, hash } = this.#stamp(feed, draft, this.#stampedTo + 1, this.#parts.hybrid.tick())
    if (feed.head.seq === 0) batch.operations.push(putHead(feed))
    channel.own = feed
    const prev = feed.head.hash
    feed.head = { feed: feed.id, seq: entry.seq, hash, id: entry.id }
    this.#stampedTo++
    batch.operations.push({ type: 'put', key, value })
    if (dedup) batch.operations.push({ type: 'put', key: dedup.key, value: key.subarray(1) })
    this.#relate(batch, channel.bytes, entry)
    writeArrival(batch, key, value)
    batch.written.push({ entry, feed, key, point: feed.head, prev, sealed: 0 })
    batch.items.push(item)
    batch.results.push(entry)
  }

  #addSlice(batch: Batch, item: SliceItem): void {
    const { slice, head } = item.checked
    const begins = this.#table.channels.get(slice.origin.channel)?.begins
    const events = newEvents(this.#table.feeds.get(item.checked.feed), item.checked, begins)
    const feed = this.#table.open(slice.origin)
    if (begins !== undefined) noteWhole(feed, item.checked, begins)
    if (feed.head.seq === 0) batch.operations.push(putHead(feed))
    const entries: Entry[] = []
    for (const remote of events) {
      const { entry, key, value } = this.#place(feed, remote)
      const by = slice.redactedBy?.get(entry.id)
      if (by !== undefined && !entry.body) {
        batch.operations.push({ type: 'put', key: redactionKey(bytesOf(entry.id)), value: bytesOf(by) })
      }
      batch.operations.push({ type: 'put', key, value })
      this.#relate(batch, feed.channel.bytes, entry)
      writeArrival(batch, key, value)
      const point = { feed: feed.id, seq: entry.seq, hash: remote.hash, id: entry.id }
      if (entry.seq < feed.floor || feed.head.seq === 0 || entry.seq > feed.head.seq + 1) {
        feed.floor = entry.seq
        feed.floorPrev = remote.header.prevHash
      }
      if (entry.seq > feed.head.seq) feed.head = point
      const sealed = slice.seal && entry.seq === head.seq ? slice.seal.seq : 0
      batch.written.push({ entry, feed, key, point, prev: remote.header.prevHash, sealed })
      entries.push(entry)
    }
    if (slice.seal && entries.length > 0) {
      batch.operations.push({ type: 'put', key: sealKey(feed.bytes, slice.seal.seq), value: encodeSeal(slice.seal) })
    }
    if (entries.length === 0) return item.resolve([])
    batch.items.push(item)
    batch.results.push(entries)
  }

  #relate({ operations }: Batch, channel: Uint8Array, entry: Entry): void {
    for (const operation of putRelation(this.#parts.relations ?? noRelations, channel, entry))
      operations.push(operation)
  }

  #place(feed: Feed, { raw, header, body, hash }: ChainedEvent): { entry: Entry; key: Buffer; value: Buffer } {
    const position = ++this.#stampedTo
    return {
      key: eventKeyOf(feed.channel.bytes, header.id),
      value: eventValue(raw, hash, position),
      entry: {
        position,
        id: header.id,
        channel: feed.channel.id,
        feed: feed.id,
        seq: header.seq,
        node: feed.origin.node,
        member: header.member,
        auth: header.auth,
        type: header.type,
        body,
        raw,
      },
    }
  }
}
