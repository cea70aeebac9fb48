import assert from 'node:assert/strict'
import { HearthError } from '../../../../spec/errors.ts'
import { checkChain, feedStart } from '../../../../spec/feed.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import { sha256 } from '../../../../node/crypto.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import type { Operation, Store } from '../../../../node/store/store.ts'
import { channelId, components, draft, texts } from './fixture.ts'

/** A store whose commits fail while `fault` is set; `stored`: they are on disk all the same, as after a failed fsync. */
function faulty(): Store & { fault: 'DISK_FULL' | 'STORE_FAILED' | undefined; stored: boolean } {
  const inner = createMemoryStore()
  const state = {
    damage: [],
    fault: undefined as 'DISK_FULL' | 'STORE_FAILED' | undefined,
    stored: false,
    get: inner.get.bind(inner),
    getMany: inner.getMany.bind(inner),
    entries: inner.entries.bind(inner),
    values: inner.values.bind(inner),
    clearDamage: inner.clearDamage.bind(inner),
    async ready() {
      if (state.fault) throw new HearthError(state.fault)
    },
    async commit(operations: readonly Operation[]) {
      if (!state.fault || state.stored) await inner.commit(operations)
      if (state.fault) throw new HearthError(state.fault)
    },
    [Symbol.asyncDispose]: inner[Symbol.asyncDispose].bind(inner),
  }
  return state
}

describe('a store that fails', () => {
  const channel = channelId()

  it('threat 41: refuses by name, acknowledges nothing, goes on reading, and goes on by itself', async () => {
    const store = faulty()
    await using log = await createLog(components({ store }))
    await log.append(draft(channel, 'before'))
    store.fault = 'DISK_FULL'
    const refused = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => log.append(draft(channel, `lost ${n}`, `id ${n}`))),
    )
    for (const each of refused) assert.equal(each.status === 'rejected' && each.reason.code, 'DISK_FULL')
    await assert.rejects(log.append(draft(channel, 'lost')), { code: 'DISK_FULL' })
    assert.deepEqual(texts(await log.page(channel, {}, 9)), ['before'])
    assert.equal(log.position, 1)
    store.fault = undefined
    const { status } = await log.append(draft(channel, 'lost 3', 'id 3'))
    assert.equal(status, 'appended')
    assert.deepEqual(texts(await log.page(channel, {}, 9)), ['before', 'lost 3'])
    assert.deepEqual(await log.verify(), [])
  })

  it('a batch that was refused and is on disk all the same is taken as it is: a retry is a duplicate', async () => {
    const store = faulty()
    await using log = await createLog(components({ store }))
    await log.append(draft(channel, 'before'))
    Object.assign(store, { fault: 'STORE_FAILED', stored: true })
    await assert.rejects(log.append(draft(channel, 'doubtful', 'id')), { code: 'STORE_FAILED' })
    Object.assign(store, { fault: undefined })
    await log.append(draft(channel, 'after'))
    assert.equal((await log.append(draft(channel, 'doubtful', 'id'))).status, 'duplicate')
    assert.deepEqual(texts(await log.page(channel, {}, 9)), ['before', 'doubtful', 'after'])
    assert.equal(log.feeds(channel).length, 2, 'no number of the failed feed is used again')
    for (const { feed, headHash } of log.feeds(channel)) {
      const slice = await log.slice(feed, 1, 9)
      const chain = checkChain(sha256, feedStart(feed), slice?.events ?? [])
      assert.ok(chain.ok)
      assert.deepEqual(Buffer.from(chain.head.hash), Buffer.from(headHash))
    }
    assert.deepEqual(await log.verify(), [])
  })

  it('a fault of seals, checkpoints or the mark is kept for the operator, and mended by the next start', async () => {
    const store = faulty()
    const parts = components({ store })
    const log = await createLog(parts)
    await log.append(draft(channel, 'said'))
    store.fault = 'DISK_FULL'
    await assert.rejects(log.seal(), { code: 'DISK_FULL' })
    assert.match(log.stats().fault ?? '', /seal: .*full/)
    assert.equal(log.stats().unsealed, 1)
    await log[Symbol.asyncDispose]()
    store.fault = undefined
    await using again = await createLog(parts)
    assert.equal(again.stats().unsealed, 0)
    assert.equal(again.stats().fault, undefined)
    assert.deepEqual(await again.verify(), [])
  })
})
