/** Appends for ever and prints each acknowledged text, until it is killed. Arguments: folder, channel. */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ChannelId } from '../../../../spec/ids.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import { createHighWaterFile } from '../../../../node/log/high-water.ts'
import { sha256 } from '../../../../node/crypto.ts'
import { createLevelStore } from '../../../../node/store/level-store.ts'
import { components, createKeys, draft } from './fixture.ts'

const [folder = '', channel = ''] = process.argv.slice(2)
const store = await createLevelStore({ clock: { now: () => Date.now() } }, { folder: join(folder, 'store') })
const highWater = createHighWaterFile({ hash: sha256 }, { path: join(folder, 'high-water') })
const log = await createLog(components({ store, highWater, keys: createKeys(new Uint8Array(32)) }))

await Promise.all(
  Array.from({ length: 20 }, async (_, writer) => {
    for (let count = 0; ; count++) {
      const text = `${process.pid} ${writer} ${count}`
      await log.append(draft(channel as ChannelId, text, text))
      writeSync(1, `${text}\n`)
    }
  }),
)
