import type { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import { prefixEnd } from './bytes.ts'
import type { Operation, Store } from './store.ts'

/** One change of one record, made by a table and written by `writeAtomically`. */
export interface Change {
  readonly operation: Operation
  /** Makes the change visible: called once it is on disk. */
  apply(): void
  /** The write failed and its outcome on disk is not known: the table puts it right with its next write. */
  doubt(): void
}

/**
 * A small typed table: kept whole in memory, written through. Reads see what is on disk, never
 * what is on its way there.
 */
export interface Records<T> {
  readonly size: number
  get(key: string): T | undefined
  has(key: string): boolean
  /** Every record, in the order in which the keys were first written. */
  all(): IterableIterator<[key: string, value: T]>
  /** Resolves after the fsync; rejects with DISK_FULL or STORE_FAILED, and then nothing changed. */
  put(key: string, value: T): Promise<void>
  delete(key: string): Promise<void>
  /** All or nothing; undefined deletes. */
  putAll(changes: Iterable<readonly [key: string, value: T | undefined]>): Promise<void>
  /**
   * Reads, changes and writes; two updates never see the same old value. `change` gets undefined for a
   * missing record, returns undefined to delete, and throws to leave the record as it is.
   */
  update(key: string, change: (old: T | undefined) => T | undefined): Promise<T | undefined>
  /** For a write that spans tables: see `writeAtomically`. */
  change(key: string, value: T | undefined): Change[]
}

/**
 * Opens the table under `prefix` (a name such as `accounts`, one per table) and reads it whole.
 * Values are stored as JSON and checked by `schema` when read: what does not fit is CORRUPT.
 */
export async function createRecords<T>(store: Store, prefix: string, schema: z.ZodType<T>): Promise<Records<T>> {
  const root = Buffer.from(`r/${prefix}/`)
  const map = new Map<string, T>()
  for (const [key, value] of await store.entries({ gte: root, lt: prefixEnd(root) })) {
    const name = Buffer.from(key).toString('utf8', root.length)
    map.set(name, decode(schema, value, `${prefix} ${name}`))
  }
  return new StoredRecords(store, root, map)
}

/** Writes changes of several tables in one batch: all or nothing. */
export async function writeAtomically(store: Store, changes: readonly Change[]): Promise<void> {
  try {
    await store.commit(changes.map(({ operation }) => operation))
  } catch (error) {
    for (const change of changes) change.doubt()
    throw error
  }
  for (const change of changes) change.apply()
}

class StoredRecords<T> implements Records<T> {
  readonly #store: Store
  readonly #root: Buffer
  readonly #map: Map<string, T>
  readonly #doubtful = new Set<string>()
  #updates: Promise<unknown> = Promise.resolve()

  constructor(store: Store, root: Buffer, map: Map<string, T>) {
    this.#store = store
    this.#root = root
    this.#map = map
  }

  get size(): number {
    return this.#map.size
  }

  get(key: string): T | undefined {
    return this.#map.get(key)
  }

  has(key: string): boolean {
    return this.#map.has(key)
  }

  all(): IterableIterator<[string, T]> {
    return this.#map.entries()
  }

  put(key: string, value: T): Promise<void> {
    return this.putAll([[key, value]])
  }

  delete(key: string): Promise<void> {
    return this.putAll([[key, undefined]])
  }

  putAll(changes: Iterable<readonly [string, T | undefined]>): Promise<void> {
    return writeAtomically(
      this.#store,
      [...changes].flatMap(([key, value]) => this.change(key, value)),
    )
  }

  update(key: string, change: (old: T | undefined) => T | undefined): Promise<T | undefined> {
    const run = this.#updates.then(async () => {
      const value = change(this.#map.get(key))
      await this.putAll([[key, value]])
      return value
    })
    this.#updates = run.catch(() => undefined)
    return run
  }

  change(key: string, value: T | undefined): Change[] {
    const repairs = [...this.#doubtful]
      .filter((doubtful) => doubtful !== key)
      .map((doubtful) => this.#changeOne(doubtful, this.#map.get(doubtful)))
    return [...repairs, this.#changeOne(key, value)]
  }

  #changeOne(key: string, value: T | undefined): Change {
    const stored = Buffer.concat([this.#root, Buffer.from(key)])
    return {
      operation:
        value === undefined
          ? { type: 'del', key: stored }
          : { type: 'put', key: stored, value: Buffer.from(JSON.stringify(value)) },
      apply: () => {
        this.#doubtful.delete(key)
        if (value === undefined) this.#map.delete(key)
        else this.#map.set(key, value)
      },
      doubt: () => this.#doubtful.add(key),
    }
  }
}

function decode<T>(schema: z.ZodType<T>, value: Uint8Array, what: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(value).toString('utf8')))
  } catch (cause) {
    throw new HearthError('CORRUPT', `the record of ${what} does not read; restore it from a backup`, { cause })
  }
}
