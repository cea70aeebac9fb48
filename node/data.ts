/** The data of a node, opened from its folder: keys, store and log. `node.ts` builds the house on it, `stopped-node.ts` looks into it. */
import { randomBytes } from 'node:crypto'
import { openCertificates, type Certificates } from './certificates.ts'
import { createVerify, sha256 } from './crypto.ts'
import type { Layout } from './data-folder/layout.ts'
import { relationOf, relationsVersion } from '../spec/relations.ts'
import { openKeys, type NodeKeys } from './keys.ts'
import { createLog } from './log/create-log.ts'
import { createHighWaterFile } from './log/high-water.ts'
import type { Log } from './log/log.ts'
import { createLevelStore, type LevelStore } from './store/level-store.ts'
import { migrate } from './store/schema.ts'

export interface Data extends AsyncDisposable {
  readonly keys: NodeKeys
  readonly certificates: Certificates
  readonly store: LevelStore
  readonly log: Log
}

export interface DataInit {
  readonly clock: { now(): number }
  /** Bytes that must stay free on the disk; undefined: as the store thinks best. */
  readonly freeFloorBytes?: number
}

/** Throws CORRUPT, SCHEMA_NEWER, NODE_RUNNING, DISK_FULL or STORE_FAILED; then nothing stays open. */
export async function openData(layout: Layout, { clock, freeFloorBytes }: DataInit): Promise<Data> {
  const verify = createVerify()
  const keys = await openKeys(layout.keys, { clock, verify })
  await using opened = new AsyncDisposableStack()
  const store = opened.use(
    await createLevelStore(
      { clock },
      { folder: layout.store, ...(freeFloorBytes !== undefined && { freeFloorBytes }) },
    ),
  )
  await migrate(store, [])
  const certificates = await openCertificates({ store, verify }, keys)
  const log = opened.use(
    await createLog({
      store,
      clock,
      random: randomBytes,
      hash: sha256,
      keys: {
        nodeId: keys.nodeId,
        publicKey: keys.hot.publicKey,
        sign: keys.hot.sign,
        verify,
        publicKeysOf: (node) => certificates.publicKeysOf(node),
      },
      relations: { version: relationsVersion, of: relationOf },
      highWater: createHighWaterFile({ hash: sha256 }, { path: layout.highWater }),
    }),
  )
  const closing = opened.move()
  return { keys, certificates, store, log, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}
