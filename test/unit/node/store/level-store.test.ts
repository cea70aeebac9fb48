import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Disk } from '../../../../node/store/disk.ts'
import { freeFloorBytes } from '../../../../node/store/disk.ts'
import { createLevelStore, type LevelStore } from '../../../../node/store/level-store.ts'
import type { Operation } from '../../../../node/store/store.ts'
import { storeSuite } from './suite.ts'

const clock = { now: () => 0 }
const put = (key: string, value = ''): Operation => ({ type: 'put', key: Buffer.from(key), value: Buffer.from(value) })
const keysOf = async (store: LevelStore) =>
  (await store.entries({ gte: Buffer.from(' '), lt: Buffer.from('~') })).map(([key]) => Buffer.from(key).toString())

describe('level store', () => {
  let parent: string
  let opened = 0
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'hearth-store-'))
  })
  after(() => rm(parent, { recursive: true, force: true }))
  const folder = () => join(parent, String(opened++))

  storeSuite('level', () => createLevelStore({ clock }, { folder: folder() }))

  it('finds everything again after closing', async () => {
    const at = folder()
    await using store = await createLevelStore({ clock }, { folder: at })
    await store.commit([put('a')])
    await store[Symbol.asyncDispose]()
    await using again = await createLevelStore({ clock }, { folder: at })
    assert.deepEqual(await keysOf(again), ['a'])
  })

  it('refuses a folder that is held already, by name', async () => {
    const at = folder()
    await using store = await createLevelStore({ clock }, { folder: at })
    await store.ready()
    await assert.rejects(createLevelStore({ clock }, { folder: at }), { code: 'NODE_RUNNING' })
  })

  it('finishes commits that were called before closing', async () => {
    const at = folder()
    const store = await createLevelStore({ clock }, { folder: at })
    const commits = [store.commit([put('a')]), store.commit([put('b')])]
    await store[Symbol.asyncDispose]()
    await Promise.all(commits)
    await using again = await createLevelStore({ clock }, { folder: at })
    assert.deepEqual(await keysOf(again), ['a', 'b'])
  })

  it('holds writes while a backup works, and goes on after', async () => {
    await using store = await createLevelStore({ clock }, { folder: folder() })
    let commit: Promise<void> | undefined
    await store.hold(async () => {
      commit = store.commit([put('a')])
      assert.deepEqual(await keysOf(store), [])
    })
    await commit
    assert.deepEqual(await keysOf(store), ['a'])
  })

  describe('threat 41: a disk that fills up', () => {
    it('keeps 64 MB free, on a small disk 1 %', () => {
      assert.equal(freeFloorBytes(1e12), 64 * 1024 * 1024)
      assert.equal(freeFloorBytes(64 * 1024 * 1024), 671_088)
    })

    it('refuses early by name, goes on reading, and recovers by itself', async () => {
      let freeBytes = 1_000
      const disk: Disk = { space: async () => ({ freeBytes, totalBytes: 10_000 }) }
      await using store = await createLevelStore({ clock, disk }, { folder: folder(), freeFloorBytes: 100 })
      await store.commit([put('a')])
      freeBytes = 99
      await assert.rejects(store.ready(), { code: 'DISK_FULL', message: /99 bytes are free and 100 are kept free/ })
      await assert.rejects(store.commit([put('b')]), { code: 'DISK_FULL' })
      assert.deepEqual(await keysOf(store), ['a'])
      freeBytes = 100
      await store.commit([put('c')])
      assert.deepEqual(await keysOf(store), ['a', 'c'])
    })

    it('asks again after 8 MB and after a second, not before', async () => {
      let asked = 0
      let now = 0
      const disk: Disk = { space: async () => ({ freeBytes: 1 << ++asked, totalBytes: 10_000 }) }
      await using store = await createLevelStore(
        { clock: { now: () => now }, disk },
        { folder: folder(), freeFloorBytes: 0 },
      )
      await store.commit([put('a')])
      await store.commit([put('b', 'x'.repeat(9 * 1024 * 1024))])
      assert.equal(asked, 1)
      await store.commit([put('c')])
      assert.equal(asked, 2)
      now = 1_001
      await store.commit([put('d')])
      assert.equal(asked, 3)
    })
  })

  it('tells what LevelDB dropped from a log with a flipped byte', async () => {
    const at = folder()
    const store = await createLevelStore({ clock }, { folder: at })
    for (const key of ['a', 'b', 'c']) await store.commit([put(key, 'x'.repeat(100))])
    await store[Symbol.asyncDispose]()
    const name = (await readdir(at)).find((file) => file.endsWith('.log')) ?? ''
    const log = await readFile(join(at, name))
    log.writeUInt8(log.readUInt8(60) ^ 1, 60)
    await writeFile(join(at, name), log)
    await using again = await createLevelStore({ clock }, { folder: at })
    assert.match(again.damage.join('\n'), /dropping .* bytes/i)

    await again[Symbol.asyncDispose]()
    const later = await createLevelStore({ clock }, { folder: at })
    assert.deepEqual(later.damage, again.damage)
    await later.clearDamage()
    await later[Symbol.asyncDispose]()
    await using sound = await createLevelStore({ clock }, { folder: at })
    assert.deepEqual(sound.damage, [])
  })
})
