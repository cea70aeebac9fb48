/** What waits to be appended, and the batch that it becomes. */
import type { CheckedSlice } from './remote.ts'
import type { BatchSeal } from './sealer.ts'
import type { Operation } from '../store/store.ts'
import type { Extension } from './feed-table.ts'
import { copyPart } from '../../spec/bytes.ts'
import { arrivalItemBytes, digestBytes, eventKeyBytes, idBytes, positionBytes, tagBytes } from './keys.ts'
import type { Appended, Draft, Entry } from './log.ts'

/** One event of a batch, and what becomes true of its feed once the batch is durable. */
export interface Written extends Extension {
  /** The seal that came with it covers up to here; 0: none. */
  readonly sealed: number
}

interface Waiting<T> {
  resolve(value: T): void
  reject(reason: unknown): void
}

export interface DraftItem extends Waiting<Appended> {
  readonly kind: 'draft'
  readonly draft: Draft
  /** Set when the client gave a message id. */
  readonly dedup: { readonly name: string; readonly key: Buffer } | undefined
  followers: Waiting<Appended>[]
}

export interface SliceItem extends Waiting<Entry[]> {
  readonly kind: 'slice'
  readonly checked: CheckedSlice
}

export type Item = DraftItem | SliceItem

export interface Batch {
  readonly operations: Operation[]
  readonly written: Written[]
  /** Of this node's feeds; empty when they come later. */
  seals: readonly BatchSeal[]
  readonly items: Item[]
  /** What each item resolves with. */
  readonly results: (Entry | Entry[])[]
  /** Digest, then the arrival items; filled up to `written.length`. */
  readonly arrivals: Buffer
  readonly first: number
  digest: Uint8Array
}

/** Nothing in it yet; it has room for what the items bring. */
export const openBatch = (items: readonly Item[], first: number, digest: Uint8Array): Batch => ({
  operations: [],
  written: [],
  seals: [],
  items: [],
  results: [],
  arrivals: Buffer.allocUnsafe(digestBytes + eventsOf(items) * arrivalItemBytes),
  first,
  digest,
})

export const noFollowers: never[] = []

export const isNamed = (item: Item): item is DraftItem & { dedup: NonNullable<DraftItem['dedup']> } =>
  item.kind === 'draft' && item.dedup !== undefined

const eventsOf = (items: readonly Item[]): number =>
  items.reduce((sum, item) => sum + (item.kind === 'draft' ? 1 : item.checked.events.length), 0)

/** Channel and id are the end of the event's key, the tag follows the position in its value. */
export function writeArrival({ arrivals, written }: Batch, key: Buffer, value: Buffer): void {
  const at = digestBytes + written.length * arrivalItemBytes
  copyPart(arrivals, at, key, 1, eventKeyBytes)
  copyPart(arrivals, at + 2 * idBytes, value, positionBytes, positionBytes + tagBytes)
}
