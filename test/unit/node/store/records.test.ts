import assert from 'node:assert/strict'
import { z } from 'zod'
import { HearthError } from '../../../../spec/errors.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { createRecords, writeAtomically } from '../../../../node/store/records.ts'
import type { Store } from '../../../../node/store/store.ts'

const schema = z.strictObject({ uses: z.number() })

/** A store whose next commits fail; `stored`: whether they are on disk all the same. */
function failing(inner: Store): Store & { failures: { stored: boolean }[] } {
  const failures: { stored: boolean }[] = []
  return Object.assign(Object.create(inner), {
    failures,
    entries: inner.entries.bind(inner),
    commit: async (operations: Parameters<Store['commit']>[0]) => {
      const failure = failures.shift()
      if (failure?.stored ?? true) await inner.commit(operations)
      if (failure) throw new HearthError('STORE_FAILED')
    },
  })
}

describe('records', () => {
  let store: Store
  beforeEach(() => {
    store = createMemoryStore()
  })

  it('reads back after opening again, in a table of its own', async () => {
    const invites = await createRecords(store, 'invites', schema)
    const others = await createRecords(store, 'invites2', schema)
    await invites.putAll([
      ['a', { uses: 1 }],
      ['é/☃', { uses: 2 }],
    ])
    await others.put('a', { uses: 9 })
    await invites.delete('a')
    const again = await createRecords(store, 'invites', schema)
    assert.deepEqual([...again.all()], [['é/☃', { uses: 2 }]])
    assert.equal(again.size, 1)
    assert.equal(again.has('a'), false)
    assert.deepEqual(others.get('a'), { uses: 9 })
  })

  it('shows a value only once it is on disk', async () => {
    const invites = await createRecords(store, 'invites', schema)
    const written = invites.put('a', { uses: 1 })
    assert.equal(invites.get('a'), undefined)
    await written
    assert.deepEqual(invites.get('a'), { uses: 1 })
  })

  it('updates one after the other', async () => {
    const invites = await createRecords(store, 'invites', schema)
    await invites.put('a', { uses: 3 })
    const take = () =>
      invites.update('a', (old) => {
        if (!old) throw new HearthError('INVITE_INVALID')
        return old.uses === 1 ? undefined : { uses: old.uses - 1 }
      })
    const taken = await Promise.allSettled(Array.from({ length: 5 }, take))
    assert.deepEqual(
      taken.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
    )
    assert.equal(invites.has('a'), false)
  })

  it('a failed write changes nothing, and what it left on disk is put right by the next', async () => {
    const flaky = failing(store)
    const invites = await createRecords(flaky, 'invites', schema)
    await invites.put('a', { uses: 1 })
    flaky.failures.push({ stored: true })
    await assert.rejects(
      invites.putAll([
        ['a', { uses: 2 }],
        ['b', { uses: 2 }],
      ]),
      { code: 'STORE_FAILED' },
    )
    assert.deepEqual([...invites.all()], [['a', { uses: 1 }]])
    await invites.put('c', { uses: 3 })
    assert.deepEqual(
      [...(await createRecords(store, 'invites', schema)).all()],
      [
        ['a', { uses: 1 }],
        ['c', { uses: 3 }],
      ],
    )
  })

  it('writes changes of two tables in one batch', async () => {
    const flaky = failing(store)
    const accounts = await createRecords(flaky, 'accounts', schema)
    const invites = await createRecords(flaky, 'invites', schema)
    const both = () =>
      writeAtomically(flaky, [...accounts.change('alice', { uses: 0 }), ...invites.change('a', { uses: 1 })])
    flaky.failures.push({ stored: false })
    await assert.rejects(both())
    assert.equal(accounts.size + invites.size, 0)
    await both()
    assert.equal(accounts.size + invites.size, 2)
  })

  it('a record that does not read is CORRUPT and named', async () => {
    for (const value of ['{"uses":"x"}', '{"uses":1', '{"uses":1,"extra":1}']) {
      await store.commit([{ type: 'put', key: Buffer.from('r/invites/a'), value: Buffer.from(value) }])
      await assert.rejects(createRecords(store, 'invites', schema), { code: 'CORRUPT', message: /invites a/ })
    }
  })
})
