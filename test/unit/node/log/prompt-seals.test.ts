import assert from 'node:assert/strict'
import { verifySeal } from '../../../../spec/seal.ts'
import type { Timers } from '../../../../node/log/components.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import { sha256 } from '../../../../node/crypto.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import type { Operation } from '../../../../node/store/store.ts'
import { channelId, components, draft } from './fixture.ts'

/** A log that counts, under timers that run when told to. */
const setUp = async () => {
  const store = createMemoryStore()
  const commit = store.commit.bind(store)
  const parts = components({ store })
  const shared = channelId()
  const counts = { signatures: 0, commits: 0 }
  const heard: string[] = []
  const due = new Set<() => void>()
  let fails = false
  const timers: Timers = {
    soon: (work) => void setImmediate(work),
    after(_ms, work) {
      due.add(work)
      return () => due.delete(work)
    },
  }
  const log = await createLog({
    ...parts,
    timers,
    keys: { ...parts.keys, sign: (message) => (counts.signatures++, parts.keys.sign(message)) },
    store: Object.assign(store, {
      commit: async (operations: readonly Operation[]) => {
        counts.commits++
        if (fails) throw new Error('the disk is gone')
        await commit(operations)
      },
    }),
  })
  log.sealPromptly((channel) => channel === shared)
  log.onCommitted((entries) => heard.push(`committed ${entries.length}`))
  log.onSealed((sealed) => heard.push(...sealed.map(({ seal }) => `sealed ${seal.seq}`)))
  return {
    log,
    shared,
    counts,
    heard,
    parts,
    fail: (now: boolean) => (fails = now),
    timers: async () => {
      for (const work of new Set(due)) {
        due.delete(work)
        work()
      }
      await new Promise(setImmediate)
    },
  }
}

describe('seals that others wait for', () => {
  it('SEAL-1: are in the batch of their events, heard of after it, and hold', async () => {
    const { log, shared, counts, heard, parts } = await setUp()
    await log.append(draft(shared, 'a'))
    assert.deepEqual(counts, { signatures: 1, commits: 1 })
    assert.deepEqual(heard, ['committed 1', 'sealed 1'])
    const [version] = log.sealedFeeds(shared)
    assert.ok(version)
    const slice = await log.slice(version.feed, 1, 9)
    assert.ok(slice?.seal)
    assert.ok(verifySeal(sha256, parts.keys.verify, parts.keys.publicKey, { feed: version.feed, seal: slice.seal }))
    assert.deepEqual(await log.verify(), [])
  })

  it('are for no other channel', async () => {
    const { log, counts, heard } = await setUp()
    await log.append(draft(channelId(), 'a'))
    assert.deepEqual(counts, { signatures: 0, commits: 1 })
    assert.deepEqual(heard, ['committed 1'])
  })

  it('are one for several batches when these come thick and fast', async () => {
    const { log, shared, counts, heard, timers } = await setUp()
    for (const text of ['a', 'b', 'c']) await log.append(draft(shared, text))
    assert.equal(counts.signatures, 1)
    assert.equal(log.stats().unsealed, 2)
    await timers()
    await log.seal()
    assert.equal(counts.signatures, 2)
    assert.deepEqual(heard.slice(-1), ['sealed 3'])
    assert.equal(log.stats().unsealed, 0)
  })

  it('are not heard of when the batch fails', async () => {
    const { log, shared, heard, fail, timers } = await setUp()
    fail(true)
    await assert.rejects(log.append(draft(shared, 'a')))
    fail(false)
    assert.deepEqual(heard, [])
    await timers()
    await log.append(draft(shared, 'b'))
    assert.deepEqual(heard, ['committed 1', 'sealed 1'])
    assert.deepEqual(await log.verify(), [])
  })

  it('are made again when the disk refused them, though nothing more is written', async () => {
    const { log, heard, fail, timers } = await setUp()
    await log.append(draft(channelId(), 'a'))
    fail(true)
    await timers()
    await timers()
    assert.equal(log.stats().unsealed, 1)
    fail(false)
    await timers()
    assert.deepEqual(heard, ['committed 1', 'sealed 1'])
    assert.equal(log.stats().unsealed, 0)
  })
})
