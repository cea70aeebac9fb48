import assert from 'node:assert/strict'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { migrate, type Migration } from '../../../../node/store/schema.ts'

describe('schema version', () => {
  const ran: number[] = []
  const step = (to: number): Migration => ({ to, run: async () => void ran.push(to) })
  beforeEach(() => ran.splice(0))

  it('an empty store starts at the newest version without running a step', async () => {
    const store = createMemoryStore()
    assert.equal(await migrate(store, [step(2), step(3)]), 3)
    assert.equal(await migrate(store, [step(2), step(3), step(4)]), 4)
    assert.deepEqual(ran, [4])
  })

  it('data from before the version key is version 1', async () => {
    const store = createMemoryStore()
    await store.commit([{ type: 'put', key: Buffer.from('r/a'), value: Buffer.from('1') }])
    assert.equal(await migrate(store, [step(2)]), 2)
    assert.deepEqual(ran, [2])
  })

  it('goes on at the step that was cut off', async () => {
    const store = createMemoryStore()
    await migrate(store, [])
    const cut: Migration = { to: 3, run: () => Promise.reject(new Error('cut off')) }
    await assert.rejects(migrate(store, [step(2), cut]))
    await migrate(store, [step(2), step(3)])
    assert.deepEqual(ran, [2, 3])
  })

  it('refuses data of a newer Hearth, and a version that does not read', async () => {
    const store = createMemoryStore()
    await migrate(store, [step(2)])
    await assert.rejects(migrate(store, []), { code: 'SCHEMA_NEWER', message: /schema 2, .* up to 1/ })
    await store.commit([{ type: 'put', key: Buffer.from('meta/schema'), value: Buffer.from('x') }])
    await assert.rejects(migrate(store, []), { code: 'CORRUPT' })
  })
})
