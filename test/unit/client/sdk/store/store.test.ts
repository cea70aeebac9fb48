import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOfflineStore } from '../../../../../client/sdk/store/offline-store.ts'
import { openLevelKeyValue } from '../../../../../client/sdk/store/level-key-value.ts'
import { createMemoryKeyValue } from '../../../../../client/sdk/store/memory-key-value.ts'
import type { KeyValue } from '../../../../../client/sdk/store/key-value.ts'
import { HearthError } from '../../../../../spec/errors.ts'
import { channelA, sampleEvent } from '../../samples.ts'
import { storeCases } from './suite.ts'

describe('sdk: offline store in memory', () => {
  for (const { name, run } of storeCases)
    it(name, () => {
      const records = new Map<string, string>()
      return run(async () => createMemoryKeyValue(records))
    })
})

describe('sdk: offline store in LevelDB', () => {
  const inFolder = async (run: (folder: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'hearth-sdk-'))
    try {
      await run(join(folder, 'store'))
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  for (const { name, run } of storeCases) it(name, () => inFolder((folder) => run(() => openLevelKeyValue(folder))))

  it('is held by one process at a time', () =>
    inFolder(async (folder) => {
      const first = await openLevelKeyValue(folder)
      await assert.rejects(openLevelKeyValue(folder), { code: 'STORE_FAILED' })
      await first.close()
    }))

  it('is for the eyes of its owner: it holds a key', () =>
    inFolder(async (folder) => {
      const store = await openLevelKeyValue(folder)
      assert.equal((await stat(folder)).mode & 0o777, 0o700)
      await store.close()
    }))
})

describe('sdk: offline store whose writes fail', () => {
  it('says so, and writes all of it with the next change', async () => {
    const records = new Map<string, string>()
    const inner = createMemoryKeyValue(records)
    let isFull = false
    const failing: KeyValue = {
      ...inner,
      commit: (operations) =>
        isFull ? Promise.reject(new HearthError('STORE_FAILED', 'full')) : inner.commit(operations),
    }
    const store = createOfflineStore(failing)
    await store.remember('alice')
    const seen = new Map([[channelA, { floor: '' as const, events: [{ event: sampleEvent({ ms: 1, position: 1 }) }] }]])
    isFull = true
    await assert.rejects(store.saveSeen(1, seen), { code: 'STORE_FAILED' })
    isFull = false
    await store.saveSeen(1, seen)
    await store.close()
    const next = createOfflineStore(createMemoryKeyValue(records))
    assert.equal((await next.remember('alice')).cursor, 1)
    assert.equal((await next.channel(channelA))?.events.length, 1)
  })
})
