import type { EventId } from '../../spec/ids.ts'
import type { Store } from '../store/store.ts'
import type { LogComponents } from './components.ts'
import type { FeedTable } from './feed-table.ts'
import { kindRange } from './keys.ts'
import type { Finding } from './log.ts'

export interface VerifyParts extends LogComponents {
  readonly table: FeedTable
  readonly position: number
}

/** Puts a finding on the list; what to do is to restore a backup, unless it says otherwise. */
export type Report = (finding: Omit<Finding, 'fix'> & { readonly fix?: string }) => void

/** What the walk over the events leaves for the walks over the indexes. */
export interface Walked {
  /** By position: 4 bytes of the tag, and whether an event says that it is there. */
  readonly tags: Uint32Array
  readonly seen: Uint8Array
  /** Order-independent sums over what each index must list. */
  readonly feedSums: Map<string, number>
  readonly channelSums: Map<string, number>
}

/** All records of one kind, by one short range read after another: nothing is held open. */
export async function* recordsOf(store: Store, kind: string): AsyncGenerator<[Uint8Array, Uint8Array][]> {
  const { lt } = kindRange(kind)
  let { gte } = kindRange(kind)
  for (;;) {
    const records = await store.entries({ gte, lt, limit: chunkRecords })
    if (records.length > 0) yield records
    const last = records.at(-1)
    if (!last || records.length < chunkRecords) return
    gte = Buffer.concat([last[0], Buffer.alloc(1)])
  }
}

const chunkRecords = 1_000

/** A number for an id in its place: sums of them agree when, but for one chance in 2^32, the lists do. */
export function indexSum(id: EventId, place: number): number {
  let sum = place >>> 0
  for (let at = 0; at < id.length; at++) sum = (Math.imul(sum, 31) + id.charCodeAt(at)) >>> 0
  return sum
}

export const addTo = (sums: Map<string, number>, name: string, sum: number): void =>
  void sums.set(name, ((sums.get(name) ?? 0) + sum) >>> 0)
