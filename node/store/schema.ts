import { HearthError } from '../../spec/errors.ts'
import type { Store } from './store.ts'

/**
 * One step from version `to - 1` to `to`. Steps are idempotent: a step that was cut off by a crash
 * runs again from its beginning.
 */
export interface Migration {
  readonly to: number
  run(store: Store): Promise<void>
}

const schemaKey = Buffer.from('meta/schema')
const whole = { gte: Buffer.alloc(0), lt: Buffer.from([255]) }

/**
 * Brings the store to the version of the last migration (1 without any), step by step, each recorded once done.
 * An empty store starts at the newest version. Throws SCHEMA_NEWER when the data is ahead of this code.
 */
export async function migrate(store: Store, migrations: readonly Migration[]): Promise<number> {
  const newest = migrations.at(-1)?.to ?? 1
  const stored = await store.get(schemaKey)
  let version = stored ? Number(Buffer.from(stored).toString()) : undefined
  if (version === undefined && (await store.entries({ ...whole, limit: 1 })).length > 0) version = 1
  if (version === undefined) version = newest
  if (!Number.isInteger(version) || version < 1) throw new HearthError('CORRUPT', 'the schema version does not read')
  if (version > newest) {
    throw new HearthError(
      'SCHEMA_NEWER',
      `the data has schema ${version}, this Hearth knows up to ${newest}: start the newer Hearth, or restore a backup`,
    )
  }
  for (const migration of migrations) {
    if (migration.to <= version) continue
    await migration.run(store)
    await record(store, migration.to)
  }
  if (!stored) await record(store, newest)
  return newest
}

const record = (store: Store, version: number): Promise<void> =>
  store.commit([{ type: 'put', key: schemaKey, value: Buffer.from(String(version)) }])
