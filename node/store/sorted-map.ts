import { compare } from './bytes.ts'

const chunkMax = 512

interface Chunk {
  readonly keys: Uint8Array[]
  readonly values: Uint8Array[]
}

/** A byte-ordered map: a list of sorted chunks, so that an insert moves at most a chunk. */
export class SortedMap {
  readonly #chunks: Chunk[] = [{ keys: [], values: [] }]

  get(key: Uint8Array): Uint8Array | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)]
    const at = chunk ? lowerBound(chunk.keys, key) : 0
    const found = chunk?.keys[at]
    return found && compare(found, key) === 0 ? chunk?.values[at] : undefined
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const index = this.#chunkOf(key)
    const chunk = this.#chunks[index]
    if (!chunk) return
    const at = lowerBound(chunk.keys, key)
    const found = chunk.keys[at]
    if (found && compare(found, key) === 0) {
      chunk.values[at] = value
      return
    }
    chunk.keys.splice(at, 0, key)
    chunk.values.splice(at, 0, value)
    if (chunk.keys.length <= chunkMax) return
    // A key past the end is how a log grows: split there, and full chunks stay full.
    const half = index === this.#chunks.length - 1 && at === chunk.keys.length - 1 ? chunkMax : chunkMax / 2
    this.#chunks.splice(index + 1, 0, { keys: chunk.keys.splice(half), values: chunk.values.splice(half) })
  }

  delete(key: Uint8Array): void {
    const index = this.#chunkOf(key)
    const chunk = this.#chunks[index]
    if (!chunk) return
    const at = lowerBound(chunk.keys, key)
    const found = chunk.keys[at]
    if (!found || compare(found, key) !== 0) return
    chunk.keys.splice(at, 1)
    chunk.values.splice(at, 1)
    if (chunk.keys.length === 0 && this.#chunks.length > 1) this.#chunks.splice(index, 1)
  }

  *range(gte: Uint8Array, lt: Uint8Array, reverse: boolean): Generator<[Uint8Array, Uint8Array]> {
    const from = reverse ? lt : gte
    let index = this.#chunkOf(from)
    let at = lowerBound(this.#chunks[index]?.keys ?? [], from) - (reverse ? 1 : 0)
    for (;;) {
      const chunk = this.#chunks[index]
      if (!chunk) return
      const key = chunk.keys[at]
      const value = chunk.values[at]
      if (key && value) {
        if (reverse ? compare(key, gte) < 0 : compare(key, lt) >= 0) return
        yield [key, value]
        at += reverse ? -1 : 1
      } else {
        index += reverse ? -1 : 1
        at = reverse ? (this.#chunks[index]?.keys.length ?? 0) - 1 : 0
      }
    }
  }

  /** The last chunk whose first key is not above `key`, or the first chunk. */
  #chunkOf(key: Uint8Array): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      const first = this.#chunks[middle]?.keys[0]
      if (first && compare(first, key) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }
}

function lowerBound(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const at = keys[middle]
    if (at && compare(at, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
