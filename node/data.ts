/** The data of a node, opened from its folder: keys, store and log. `node.ts` builds the house on it, `stopped-node.ts` looks into it. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Verify } from '../spec/crypto.ts'
import { openCertificates, type Certificates } from './certificates.ts'
import { createVerify, sha256 } from './crypto.ts'
import type { Layout } from './data-folder/layout.ts'
import { relationOf, relationsVersion } from '../spec/relations.ts'
import { certificateOf, openKeys, type NodeKeys } from './keys.ts'
import { createLog } from './log/create-log.ts'
import { resealOwnFeeds } from './log/reseal.ts'
import { createHighWaterFile } from './log/high-water.ts'
import type { Log } from './log/log.ts'
import { createRecords } from './store/records.ts'
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
  await resealOnce({ store, log, keys, verify })
  const closing = opened.move()
  return { keys, certificates, store, log, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

/** CERT-4: before anybody is served, once for each certificate that revokes. */
async function resealOnce({
  store,
  log,
  keys,
  verify,
}: Pick<Data, 'store' | 'log' | 'keys'> & { readonly verify: Verify }): Promise<void> {
  const { nodeId, certificate, hot } = keys
  const { serial, revokesEarlier } = certificateOf(verify, nodeId, certificate)
  if (!revokesEarlier) return
  const done = await createRecords(store, 'resealed', z.object({ serial: z.number() }))
  if (done.get(nodeId)?.serial === serial) return
  await resealOwnFeeds({ store, log, hash: sha256, sign: hot.sign }, nodeId)
  await done.put(nodeId, { serial })
}
