import type { Sha256 } from '../../spec/crypto.ts'
import type { Store } from '../store/store.ts'
import type { HighWater } from './high-water.ts'
import { recover } from './recovery.ts'

/**
 * `hearth log accept-loss`: the log as it is becomes the truth, so that it opens although its end is missing.
 * Returns how many events are given up, by the old mark. Throws CORRUPT for damage inside the log: that needs a backup.
 */
export async function acceptLoss({
  store,
  hash,
  highWater,
}: {
  readonly store: Store
  readonly hash: Sha256
  readonly highWater: HighWater
}): Promise<{ readonly position: number; readonly lost: number }> {
  const { position, digest } = await recover(store, hash)
  const mark = await highWater.read().catch(() => undefined)
  await highWater.reset({ position, digest })
  return { position, lost: Math.max(0, (mark?.position ?? 0) - position) }
}
