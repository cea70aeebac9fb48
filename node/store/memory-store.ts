import { HearthError } from '../../spec/errors.ts'
import { SortedMap } from './sorted-map.ts'
import type { Operation, Range, Store } from './store.ts'

/** The store's twin without a disk: the same order and atomicity, gone with the process. */
export function createMemoryStore(): Store {
  return new MemoryStore()
}

class MemoryStore implements Store {
  readonly damage: readonly string[] = []
  readonly #map = new SortedMap()
  #closed = false

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#assertOpen()
    return this.#map.get(key)
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.#assertOpen()
    return keys.map((key) => this.#map.get(key))
  }

  async entries({ gte, lt, reverse, limit }: Range): Promise<[Uint8Array, Uint8Array][]> {
    this.#assertOpen()
    const found: [Uint8Array, Uint8Array][] = []
    for (const entry of this.#map.range(gte, lt, reverse ?? false)) {
      if (found.length === limit) break
      found.push(entry)
    }
    return found
  }

  async values(range: Range): Promise<Uint8Array[]> {
    return (await this.entries(range)).map(([, value]) => value)
  }

  async commit(operations: readonly Operation[]): Promise<void> {
    this.#assertOpen()
    for (const operation of operations) {
      // Copies: callers may build keys and values in memory that they use again.
      if (operation.type === 'put') this.#map.set(Uint8Array.from(operation.key), Uint8Array.from(operation.value))
      else this.#map.delete(operation.key)
    }
  }

  async clearDamage(): Promise<void> {}

  async ready(): Promise<void> {
    this.#assertOpen()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
  }

  #assertOpen(): void {
    if (this.#closed) throw new HearthError('STORE_FAILED', 'the store is closed')
  }
}
