/**
 * A virtual disk: what was committed and synced is there after a crash; of what was under way, a part of the commits in
 * their order may be. Reads see what is synced, as LevelDB's do once `commit` has resolved.
 */
import type { HotKey } from '../../federation/sync/components.ts'
import { HearthError } from '../../spec/errors.ts'
import { createMemoryHighWater, type HighWater } from '../../node/log/high-water.ts'
import { createMemoryStore } from '../../node/store/memory-store.ts'
import type { Operation, Store } from '../../node/store/store.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { World } from './world.ts'

export interface Disk {
  readonly highWater: HighWater
  /** Certificates of other nodes, by node. */
  readonly certificates: Map<NodeId, HotKey[]>
  /** The store of one process: after its crash nothing of it ever resolves. */
  open(): Store & { crash(): void }
  backUp(): Promise<Disk>
  /** The next commit fails. */
  failOnce(): void
  heal(): void
}

interface Pending {
  readonly operations: readonly Operation[]
  readonly done: () => void
  readonly failed: (error: HearthError) => void
}

export const createDisk = (world: World): Disk => diskOf(world, createMemoryStore(), new Map())

const diskOf = (world: World, durable: Store, certificates: Disk['certificates']): Disk => {
  const highWater = createMemoryHighWater()
  let failing = false
  return {
    highWater,
    certificates,
    failOnce() {
      failing = true
    },
    heal() {
      failing = false
    },
    async backUp() {
      const copy = createMemoryStore()
      const entries = await durable.entries({ gte: new Uint8Array(), lt: Uint8Array.of(0xff) })
      await copy.commit(entries.map(([key, value]) => ({ type: 'put', key, value })))
      return diskOf(world, copy, new Map(certificates))
    },
    open() {
      const pending: Pending[] = []
      let alive = true
      let syncing = false

      const finish = async (operations: readonly Operation[], done: () => void): Promise<void> => {
        await durable.commit(operations)
        done()
      }
      const sync = (): void => {
        if (syncing || pending.length === 0) return
        syncing = true
        const group = pending.splice(0)
        inFlight = group
        world.after(world.chance(0.02) ? 50 + world.random() * 400 : 0.2 + world.random() * 6, () => {
          if (!alive) return
          inFlight = []
          syncing = false
          const fails = failing
          failing = false
          if (fails) world.saw('a write fails')
          for (const { operations, done, failed } of group) {
            if (fails) failed(new HearthError('STORE_FAILED', 'the disk failed'))
            else void finish(operations, done)
          }
          sync()
        })
      }
      let inFlight: Pending[] = []
      const whileAlive = <T>(work: () => Promise<T>): Promise<T> => (alive ? work() : new Promise<T>(() => undefined))

      return {
        damage: [],
        clearDamage: () => Promise.resolve(),
        get: (key) => whileAlive(() => durable.get(key)),
        getMany: (keys) => whileAlive(() => durable.getMany(keys)),
        entries: (range) => whileAlive(() => durable.entries(range)),
        values: (range) => whileAlive(() => durable.values(range)),
        commit: (operations) =>
          whileAlive(
            () =>
              new Promise((done, failed) => {
                pending.push({ operations, done, failed })
                sync()
              }),
          ),
        ready: () => whileAlive(() => Promise.resolve()),
        crash() {
          if (!alive) return
          alive = false
          const unsynced = [...inFlight, ...pending]
          const kept = unsynced.slice(0, world.pick(unsynced.length + 1))
          if (unsynced.length > kept.length) world.saw('a crash loses unsynced writes')
          if (kept.length > 0) world.saw('a crash keeps unsynced writes')
          for (const { operations } of kept) void durable.commit(operations)
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }
    },
  }
}
