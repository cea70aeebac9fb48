import type { StoppedNode } from './admin/components.ts'
import { openDataFolder } from './data-folder/data-folder.ts'
import { sha256 } from './crypto.ts'
import { openData } from './data.ts'
import { acceptLoss } from './log/accept-loss.ts'
import { createHighWaterFile } from './log/high-water.ts'
import { createLevelStore } from './store/level-store.ts'
import { logAdmin } from './operator/log.ts'

/** The data of a node that is down, under the folder's lock. Throws NODE_RUNNING, or CORRUPT when it does not open. */
export async function openStopped(folder: string): Promise<StoppedNode> {
  await using opened = new AsyncDisposableStack()
  const { layout } = opened.use(await openDataFolder(folder))
  const { log, store } = opened.use(await openData(layout, { clock: Date }))
  const closing = opened.move()
  return { log: logAdmin(log, store), [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

/** `hearth log accept-loss`: what is in the log becomes the truth. Throws NODE_RUNNING, or CORRUPT for damage inside it. */
export async function acceptStoppedLoss(folder: string): Promise<{ readonly position: number; readonly lost: number }> {
  await using dataFolder = await openDataFolder(folder)
  const { layout } = dataFolder
  await using store = await createLevelStore({ clock: Date }, { folder: layout.store })
  const highWater = createHighWaterFile({ hash: sha256 }, { path: layout.highWater })
  const accepted = await acceptLoss({ store, hash: sha256, highWater })
  await store.clearDamage()
  return accepted
}
