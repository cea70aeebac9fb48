import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import type { Store } from '../../../../node/store/store.ts'
import { retentionSuite } from './retention-suite.ts'
import { logSuite } from './suite.ts'

/** A memory store that "opens again": what was committed survives its closing. */
const stores = new Map<string, Store>()

const open = async (name: string): Promise<Store> => {
  const kept = stores.get(name) ?? createMemoryStore()
  stores.set(name, kept)
  return Object.assign(Object.create(kept, {}), {
    damage: [],
    get: kept.get.bind(kept),
    getMany: kept.getMany.bind(kept),
    entries: kept.entries.bind(kept),
    values: kept.values.bind(kept),
    commit: kept.commit.bind(kept),
    ready: kept.ready.bind(kept),
    clearDamage: kept.clearDamage.bind(kept),
    [Symbol.asyncDispose]: async () => undefined,
  })
}

logSuite('memory', open)
retentionSuite('memory', open)
