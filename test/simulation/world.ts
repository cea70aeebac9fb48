/** One seed, one run: virtual time, and randomness for everything that happens. */
export interface World {
  /** Unix ms, virtual. */
  readonly nowMs: number
  readonly steps: number
  /** From 0 up to 1. */
  random(): number
  /** From 0 to `below` - 1. */
  pick(below: number): number
  oneOf<T>(items: readonly T[]): T
  chance(probability: number): boolean
  bytes(length: number): Uint8Array
  after(ms: number, work: () => void): () => void
  /** Lets virtual time pass; resolves when nothing before `ms` from now is left to do. */
  run(ms: number): Promise<void>
  /** As `run`, and ends early when `isDone`. False: the time is over and it is not. */
  runUntil(isDone: () => boolean, ms: number): Promise<boolean>
  /** Interesting states that were reached, and how often. */
  readonly sometimes: Map<string, number>
  saw(what: string): void
}

interface Timer {
  readonly atMs: number
  readonly order: number
  work: (() => void) | undefined
}

export const createWorld = (seed: number): World => {
  const random = mulberry(seed)
  const heap = new Heap()
  const sometimes = new Map<string, number>()
  let nowMs = 1_800_000_000_000
  let order = 0
  let steps = 0

  const runUntil = async (isDone: () => boolean, ms: number): Promise<boolean> => {
    const endMs = nowMs + ms
    await settled()
    for (;;) {
      if (isDone()) return true
      const next = heap.peek()
      if (next === undefined || next.atMs > endMs) break
      heap.pop()
      nowMs = Math.max(nowMs, next.atMs)
      if (next.work === undefined) continue
      steps++
      next.work()
      await settled()
    }
    nowMs = endMs
    return isDone()
  }

  const world: World = {
    get nowMs() {
      return nowMs
    },
    get steps() {
      return steps
    },
    random,
    pick: (below) => Math.floor(random() * below),
    oneOf<T>(items: readonly T[]): T {
      const found = items[Math.floor(random() * items.length)]
      if (found === undefined) throw new RangeError('nothing to choose from')
      return found
    },
    chance: (probability) => random() < probability,
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
    after(ms, work) {
      const timer: Timer = { atMs: nowMs + ms, order: order++, work }
      heap.push(timer)
      return () => {
        timer.work = undefined
      }
    },
    run: async (ms) => void (await runUntil(() => false, ms)),
    runUntil,
    sometimes,
    saw: (what) => void sometimes.set(what, (sometimes.get(what) ?? 0) + 1),
  }
  return world
}

/** Every promise that can go on has gone on: all code under test waits for virtual timers only. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** mulberry32 */
const mulberry = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

class Heap {
  readonly #items: Timer[] = []

  peek(): Timer | undefined {
    return this.#items[0]
  }

  push(timer: Timer): void {
    const items = this.#items
    let at = items.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(items[at], items[parent])) return
      this.#swap(at, parent)
      at = parent
    }
  }

  pop(): void {
    const items = this.#items
    const last = items.pop()
    if (last === undefined || items.length === 0) return
    items[0] = last
    for (let at = 0; ;) {
      let child = 2 * at + 1
      if (child >= items.length) return
      if (child + 1 < items.length && isBefore(items[child + 1], items[child])) child++
      if (!isBefore(items[child], items[at])) return
      this.#swap(at, child)
      at = child
    }
  }

  #swap(a: number, b: number): void {
    const items = this.#items
    ;[items[a], items[b]] = [items[b] as Timer, items[a] as Timer]
  }
}

const isBefore = (a: Timer | undefined, b: Timer | undefined): boolean =>
  a !== undefined && b !== undefined && (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order))
