import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLog } from '../../../../node/log/create-log.ts'
import { createHighWaterFile } from '../../../../node/log/high-water.ts'
import { sha256 } from '../../../../node/crypto.ts'
import { createLevelStore } from '../../../../node/store/level-store.ts'
import { channelId, components, createKeys, texts } from './fixture.ts'

const child = fileURLToPath(new URL('crash.child.ts', import.meta.url))

/** Runs the child until it acknowledged `count` messages, kills it, and gives what it acknowledged. */
async function killed(folder: string, channel: string, count: number): Promise<string[]> {
  const running = spawn(process.execPath, [child, folder, channel], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.split('\n').length > count) running.kill('SIGKILL')
  })
  await once(running, 'close')
  return output.split('\n').slice(0, -1)
}

/** One folder, killed again and again after so many acknowledgements; after each death everything must be there. */
export async function crashRounds(counts: readonly number[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-crash-'))
  const channel = channelId()
  const acknowledged: string[] = []
  for (const count of counts) {
    acknowledged.push(...(await killed(folder, channel, count)))
    const store = await createLevelStore({ clock: { now: () => 0 } }, { folder: join(folder, 'store') })
    const highWater = createHighWaterFile({ hash: sha256 }, { path: join(folder, 'high-water') })
    const log = await createLog(components({ store, highWater, keys: createKeys(new Uint8Array(32)) }))
    const stored = texts(await log.page(channel, {}, 1_000_000))
    const seen = new Set(stored)
    assert.equal(seen.size, stored.length, 'nothing is there twice')
    assert.deepEqual(
      acknowledged.filter((text) => !seen.has(text)),
      [],
    )
    const last = new Map<string, number>()
    for (const text of stored) {
      const [pid, writer, number] = text.split(' ')
      const before = last.get(`${pid} ${writer}`) ?? -1
      assert.equal(Number(number), before + 1, 'each writer is in order, without a hole')
      last.set(`${pid} ${writer}`, before + 1)
    }
    assert.deepEqual(texts((await log.since(undefined, 0, 1_000_000)).entries), stored)
    assert.equal(log.stats().unsealed, 0, 'what the dead process did not seal is sealed')
    assert.deepEqual(await log.verify(), [])
    await log[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  }
  await rm(folder, { recursive: true })
}
