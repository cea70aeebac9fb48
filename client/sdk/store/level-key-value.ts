import type { Level } from 'level'
import { HearthError } from '../../../spec/errors.ts'
import { afterPrefix, type KeyValue } from './key-value.ts'

/**
 * LevelDB in Node (a folder of its owner's alone, as it holds a key), IndexedDB in a browser (a database of that name):
 * `level` is one or the other, by the `browser` field of its package. It is loaded when it is asked for, so that clients
 * without a store need neither. Throws HearthError STORE_FAILED, also while another process or another tab has it.
 */
export const openLevelKeyValue = async (location: string): Promise<KeyValue> => {
  const release = await failing(() => holdLock(location))
  const db: Level = await failing(async () => {
    makePrivateFolder(location)
    const level = await import('level')
    const opened = new level.Level(location)
    await opened.open()
    return opened
  }).catch((error: unknown) => {
    release()
    throw error
  })
  return {
    get: (key) => failing(async () => fromJson(await db.get(key))),
    entries: (prefix) =>
      failing(async () => {
        const found = await db.iterator({ gte: prefix, lt: afterPrefix(prefix) }).all()
        return found.map(([key, text]) => [key, fromJson(text)] as const)
      }),
    commit: (operations) =>
      failing(() => {
        const batch = operations.map((operation) =>
          operation.type === 'put' ? { ...operation, value: JSON.stringify(operation.value) } : operation,
        )
        // LevelDB: on disk, not only with the system, when it resolves
        return db.batch(batch, { sync: true })
      }),
    close: () => failing(() => db.close()).finally(release),
  }
}

const fromJson = (text: string | undefined): unknown => {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const failing = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run()
  } catch (error) {
    throw new HearthError('STORE_FAILED', `the offline store failed: ${textOf(error)}`, { cause: error })
  }
}

const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

/** The page before a reload may still be on its way out. */
const lockWaitMs = 2_000

/**
 * Two tabs would write over each other: IndexedDB has no lock of its own, LevelDB has. Where there are no Web Locks (a page
 * over plain HTTP) it is left to the node, which ends the session of one of two that are the same device.
 */
const holdLock = async (name: string): Promise<() => void> => {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks
  if (locks === undefined || isNode()) return () => undefined
  const released = Promise.withResolvers<void>()
  const held = Promise.withResolvers<() => void>()
  locks
    .request(`hearth ${name}`, { signal: AbortSignal.timeout(lockWaitMs) }, () => {
      held.resolve(released.resolve)
      return released.promise
    })
    .catch(() => held.reject(new Error('another tab has it')))
  return held.promise
}

/** Node's `fs`, by a way that no bundler follows. */
interface Builtin {
  getBuiltinModule?: (name: 'node:fs') => {
    mkdirSync(path: string, options: { recursive: true; mode: number }): unknown
    chmodSync(path: string, mode: number): void
  }
}
const builtin = (globalThis as { process?: Builtin }).process?.getBuiltinModule
const isNode = (): boolean => builtin !== undefined

const makePrivateFolder = (location: string): void => {
  const fs = builtin?.('node:fs')
  fs?.mkdirSync(location, { recursive: true, mode: 0o700 })
  fs?.chmodSync(location, 0o700)
}
