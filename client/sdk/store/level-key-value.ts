import type { Level } from 'level'
import { HearthError } from '../../../spec/errors.ts'
import { afterPrefix, type KeyValue } from './key-value.ts'

/**
 * LevelDB in Node (a folder, held by one process at a time), IndexedDB in a browser (a database of that name): `level` is
 * one or the other, by the `browser` field of its package. It is loaded when it is asked for, so that clients without
 * a store need neither. Throws HearthError STORE_FAILED.
 */
export const openLevelKeyValue = async (location: string): Promise<KeyValue> => {
  const db: Level = await failing(async () => {
    const level = await import('level')
    const opened = new level.Level(location)
    await opened.open()
    return opened
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
    close: () => failing(() => db.close()),
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
