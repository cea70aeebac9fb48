import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackups } from '../../../../node/backup/create-backup.ts'
import { damagedFiles, readManifest } from '../../../../node/backup/manifest.ts'
import { restoreBackup } from '../../../../node/backup/restore-backup.ts'
import { layoutOf } from '../../../../node/data-folder/layout.ts'
import { createLevelStore } from '../../../../node/store/level-store.ts'
import type { LevelStore } from '../../../../node/store/level-store.ts'

const clock = { now: () => Date.UTC(2026, 10, 1) }
const options = { progress: () => {}, signal: new AbortController().signal }
const number = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const everything = { gte: number(0), lt: number(2 ** 32 - 1) }

describe('backups', () => {
  let folder: string
  let data: string
  let to: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-backup-'))
    data = join(folder, 'data')
    to = join(folder, 'backup')
    await mkdir(join(data, 'keys'), { recursive: true })
    await writeFile(join(data, 'keys', 'root.key'), 'key')
    await writeFile(join(data, 'high-water'), 'mark')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const open = () => createLevelStore({ clock: Date }, { folder: layoutOf(data).store })
  const backups = (store: LevelStore, position: () => number = () => 1) =>
    createBackups({ layout: layoutOf(data), hold: (work) => store.hold(work), position, clock })

  it('of a store that is written all the while hold a whole prefix of what was written', async () => {
    await using store = await open()
    let committed = 0
    let writing = true
    const writer = (async () => {
      while (writing) {
        await store.commit([{ type: 'put', key: number(committed), value: Buffer.alloc(4_000, committed) }])
        committed += 1
      }
    })()
    while (committed < 50) await new Promise((resolve) => setImmediate(resolve))
    const report = await backups(store, () => committed).create(to, options)
    writing = false
    await writer
    assert.ok(report.position >= 50)
    assert.ok(report.bytes > 50 * 4)

    const restored = join(folder, 'restored')
    await restoreBackup(to, restored, clock)
    await using copy = await createLevelStore({ clock: Date }, { folder: layoutOf(restored).store })
    const entries = await copy.entries(everything)
    assert.ok(entries.length >= report.position, `${entries.length} of ${report.position}`)
    assert.deepEqual(
      entries.map(([key]) => Buffer.from(key).readUInt32BE()),
      entries.map((_, index) => index),
    )
  })

  it('hold the keys and the mark, for the owner alone', async () => {
    await using store = await open()
    await backups(store).create(to, options)
    assert.equal(await readFile(join(to, 'keys', 'root.key'), 'utf8'), 'key')
    assert.equal(await readFile(join(to, 'high-water'), 'utf8'), 'mark')
    assert.equal((await stat(to)).mode & 0o777, 0o700)
    assert.deepEqual(await damagedFiles(to, await readManifest(to)), [])
  })

  it('are not made over something, and leave nothing behind when they fail', async () => {
    await using store = await open()
    await mkdir(to)
    await assert.rejects(backups(store).create(to, options), { code: 'EXISTS' })
    const stopped = new AbortController()
    stopped.abort(new Error('given up'))
    const other = join(folder, 'other')
    await assert.rejects(backups(store).create(other, { ...options, signal: stopped.signal }), /given up/)
    assert.deepEqual((await readdir(folder)).sort(), ['backup', 'data'])
  })

  it('tell which file was changed or is missing, and are not restored then', async () => {
    {
      await using store = await open()
      await backups(store).create(to, options)
    }
    await appendFile(join(to, 'high-water'), '!')
    await rm(join(to, 'keys', 'root.key'))
    assert.deepEqual(await damagedFiles(to, await readManifest(to)), [
      { path: 'high-water', what: 'the file was changed' },
      { path: 'keys/root.key', what: 'the file is missing' },
    ])
    await assert.rejects(restoreBackup(to, data, clock), { code: 'CORRUPT', message: /high-water/ })
    assert.deepEqual((await readdir(folder)).sort(), ['backup', 'data'])
  })

  it('restored over data move it aside', async () => {
    {
      await using store = await open()
      await backups(store).create(to, options)
    }
    await writeFile(join(data, 'since'), 'then')
    const { movedTo } = await restoreBackup(to, data, clock)
    assert.equal(await readFile(join(movedTo ?? '', 'since'), 'utf8'), 'then')
    assert.ok(!(await readdir(data)).includes('since'))
  })

  it('that were cut short, or name files outside, are none', async () => {
    await mkdir(to)
    await assert.rejects(readManifest(to), { code: 'NOT_FOUND' })
    for (const path of ['../data/lock', '/etc/passwd', 'a/../../b', '.hidden/x', 'a/b/c']) {
      const manifest = { format: 1, createdAt: 0, position: 0, files: [{ path, bytes: 0, sha256: '0'.repeat(64) }] }
      await writeFile(join(to, 'backup.json'), JSON.stringify(manifest))
      await assert.rejects(readManifest(to), { code: 'CORRUPT' }, path)
    }
  })
})
