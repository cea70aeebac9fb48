/**
 * The storage port: a sorted byte map with atomic, durable batches. LevelDB is the embedded engine,
 * memory its twin; one suite runs on both. Whoever needs typed records uses `records.ts` on top.
 */
export type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

export interface Range {
  /** Inclusive. */
  readonly gte: Uint8Array
  /** Exclusive. */
  readonly lt: Uint8Array
  readonly reverse?: boolean
  readonly limit?: number
}

export interface Store extends AsyncDisposable {
  /** What the engine itself said it dropped when it was opened, now or before, until it was cleared: empty on a healthy disk. */
  readonly damage: readonly string[]
  /** Whoever owns the data has looked and found nothing missing: the next start asks no more. */
  clearDamage(): Promise<void>
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  /** In the order of the keys; undefined for what is not there. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>
  /** Short-lived read: the whole answer at once. */
  entries(range: Range): Promise<[key: Uint8Array, value: Uint8Array][]>
  /** As `entries` without the keys: half the objects. */
  values(range: Range): Promise<Uint8Array[]>
  /**
   * Group commit: operations of every caller waiting join the next batch; one synced batch is in flight
   * at a time. Resolves after the fsync. Rejects with HearthError DISK_FULL or STORE_FAILED, and then nothing
   * of this call is stored; only when the fsync itself failed, `ready` may find it there: whoever keeps
   * counters in memory reads them again after `ready`.
   */
  commit(operations: readonly Operation[]): Promise<void>
  /** Resolves when commits are possible: after a failed write the engine is reopened, once there is space. Rejects like `commit`. */
  ready(): Promise<void>
}
