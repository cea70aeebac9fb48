import assert from 'node:assert/strict'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { storeSuite } from './suite.ts'

storeSuite('memory', async () => createMemoryStore())

describe('memory store', () => {
  it('stays sorted past the size of a chunk, whatever the order of arrival', async () => {
    await using store = createMemoryStore()
    const keys = Array.from({ length: 5_000 }, (_, index) => (index * 2_741) % 5_000)
    await store.commit(
      keys.map((key) => ({ type: 'put', key: Buffer.from(String(key).padStart(5, '0')), value: Buffer.alloc(0) })),
    )
    const found = await store.entries({ gte: Buffer.from('0'), lt: Buffer.from('9') })
    assert.deepEqual(
      found.map(([key]) => Number(Buffer.from(key).toString())),
      Array.from({ length: 5_000 }, (_, index) => index),
    )
  })
})
