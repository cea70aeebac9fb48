import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDataFolder } from '../../../../node/data-folder/data-folder.ts'
import { layoutOf } from '../../../../node/data-folder/layout.ts'
import { lockHolder, takeLock } from '../../../../node/data-folder/lock.ts'

const isRunning = (pid: number) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'NODE_RUNNING' && error.message.includes(`pid ${pid}`)

describe('the data folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-folder-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is made for its owner alone, and closed to others when it was open', async () => {
    const data = join(folder, 'deep', 'data')
    await using _opened = await openDataFolder(data)
    assert.equal((await stat(data)).mode & 0o777, 0o700)
    const open = join(folder, 'open')
    await mkdir(open, { mode: 0o755 })
    await using _other = await openDataFolder(open)
    assert.equal((await stat(open)).mode & 0o777, 0o700)
  })

  it('is of one node: a second start is refused with the pid of the first', async () => {
    const opened = await openDataFolder(folder)
    await assert.rejects(openDataFolder(folder), isRunning(process.pid))
    assert.equal(await lockHolder(layoutOf(folder)), process.pid)
    await opened[Symbol.asyncDispose]()
    assert.equal(await lockHolder(layoutOf(folder)), undefined)
    await using _again = await openDataFolder(folder)
  })

  it('tells its status while it runs, and not afterwards', async () => {
    const opened = await openDataFolder(folder)
    await opened.publishStatus({ pid: 1 })
    assert.deepEqual(JSON.parse(await readFile(opened.layout.status, 'utf8')), { pid: 1 })
    await opened[Symbol.asyncDispose]()
    assert.deepEqual(await readdir(folder), [])
  })

  it('a path that is no folder is refused by name', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    await assert.rejects(openDataFolder(join(file, 'data')), { code: 'STORE_FAILED', message: /--data/ })
  })

  it('is refused where no folder can be made', async () => {
    await assert.rejects(openDataFolder('/proc/nothing/here'), { code: 'STORE_FAILED', message: /ENOENT|EACCES|EPERM/ })
  })

  it('the socket of a long path lies in a folder of ours, another for each data folder', () => {
    const long = join('/srv', 'x'.repeat(120))
    const socket = layoutOf(long, '/tmp').adminSocket
    assert.ok(Buffer.byteLength(socket) <= 100, socket)
    assert.notEqual(socket, layoutOf(`${long}y`, '/tmp').adminSocket)
    assert.equal(layoutOf('/srv/data').adminSocket, '/srv/data/admin.sock')
  })

  it('a socket folder that is a link is not followed into', async () => {
    const elsewhere = join(folder, 'elsewhere')
    await mkdir(elsewhere)
    await symlink(elsewhere, join(folder, 'link'))
    const adminSocket = join(folder, 'link', 'admin.sock')
    const data = join(folder, 'data')
    await assert.rejects(openDataFolder(data, { ...layoutOf(data), adminSocket }), { code: 'STORE_FAILED' })
  })
})

describe('the lock', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-lock-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const leftBy = (pid: number, processStart: string) =>
    writeFile(join(folder, 'lock'), JSON.stringify({ pid, processStart, nonce: 'of-the-dead' }))

  it('of a process that was killed is taken over', async () => {
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
    await once(child, 'exit')
    await leftBy(child.pid ?? 0, '1')
    await using _lock = await takeLock(layoutOf(folder))
    assert.equal(await lockHolder(layoutOf(folder)), process.pid)
    assert.deepEqual(await readdir(folder), ['lock'])
  })

  it('is taken over when its pid was given to another process since', async () => {
    await leftBy(process.pid, '1')
    await using _lock = await takeLock(layoutOf(folder))
    assert.deepEqual(await readdir(folder), ['lock'])
  })

  it('is respected when the pid cannot be seen but the admin socket answers', async () => {
    await leftBy(2 ** 22 + 1, '1')
    const server = createServer().listen(layoutOf(folder).adminSocket)
    await once(server, 'listening')
    await assert.rejects(takeLock(layoutOf(folder)), isRunning(2 ** 22 + 1))
    server.close()
    await once(server, 'close')
  })

  it('that does not read is taken over', async () => {
    await writeFile(join(folder, 'lock'), '{"pid": ')
    await using _lock = await takeLock(layoutOf(folder))
    assert.equal(await lockHolder(layoutOf(folder)), process.pid)
  })

  it('goes to one of all that try at a time', async () => {
    for (const before of ['none', 'stale'] as const) {
      if (before === 'stale') await leftBy(process.pid, '1')
      const tries = await Promise.allSettled(Array.from({ length: 12 }, () => takeLock(layoutOf(folder))))
      const taken = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      assert.equal(taken.length, 1, before)
      await taken[0]?.[Symbol.asyncDispose]()
      assert.deepEqual(await readdir(folder), [], before)
    }
  })

  it('is not given back by one who does not hold it any more', async () => {
    const lock = await takeLock(layoutOf(folder))
    await leftBy(1, 'another')
    await lock[Symbol.asyncDispose]()
    assert.deepEqual(await readdir(folder), ['lock'])
  })
})
