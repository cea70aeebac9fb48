import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { parseArguments } from '../../../../client/terminal/arguments.ts'
import { takeDeviceName } from '../../../../client/terminal/device-name.ts'
import { findNode } from '../../../../client/terminal/find-node.ts'
import { runChat } from '../../../../client/terminal/main.ts'
import { createRemembered } from '../../../../client/terminal/remembered.ts'

describe('terminal start', () => {
  let folder = ''
  let env: Record<string, string>
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-chat-'))
    env = { XDG_CONFIG_HOME: folder }
  })
  afterEach(() => rm(folder, { recursive: true }))

  const run = async (...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    let stdout = ''
    let stderr = ''
    const code = await runChat(argv, {
      stdin: Readable.from([]),
      stdout: { write: (text) => (stdout += text), on: () => undefined, off: () => undefined },
      stderr: { write: (text) => (stderr += text) },
      env,
    })
    return { code, stdout, stderr }
  }

  it('explains itself', async () => {
    const { code, stdout } = await run('--help')
    assert.equal(code, 0)
    assert.match(stdout, /hearth chat --say TEXT #channel/)
  })

  const refused: readonly (readonly [string[], RegExp, number])[] = [
    [['--nonsense'], /^BAD_REQUEST: .*--nonsense/, 2],
    [['--say', 'hello'], /^BAD_REQUEST: --say needs a channel/, 2],
    [['--say', 'hello', 'my', 'friends'], /^BAD_REQUEST: one channel at most/, 2],
    [['--say', 'hello', '--tail', '#a'], /^BAD_REQUEST: /, 2],
    [['--tail', '--last', 'x'], /^BAD_REQUEST: --last x: a number/, 2],
    [['--tail', '--url', 'http://node'], /^BAD_REQUEST: --url http:\/\/node: it begins with mqtt:\/\//, 2],
    [['--tail', '--url', 'mqtt://a:secret@node'], /^BAD_REQUEST: --url holds no login/, 2],
    [['--tail', '--url', 'mqtt://node'], /^BAD_REQUEST: say who you are: --user NAME/, 2],
    [[], /^BAD_REQUEST: the chat needs a terminal/, 2],
    [['--tail', '--data', '/nowhere', '--user', 'a'], /^NODE_DOWN: no node runs on \/nowhere/, 5],
    [['--tail', '--url', 'mqtt://127.0.0.1:1', '--user', 'a'], /^LOGIN_FAILED: no password/, 4],
    [['--tail', '--url', 'mqtt://127.0.0.1:1', '--user', 'a', '--token', 't'], /^CONNECTION_LOST: /, 5],
    [['--logout', '--url', 'mqtt://127.0.0.1:1'], /^NOT_FOUND: no login is remembered/, 3],
  ]
  for (const [argv, says, exit] of refused)
    it(`refuses ${argv.join(' ') || 'a pipe'} with what would be right`, async () => {
      const { code, stderr, stdout } = await run(...argv)
      assert.match(stderr, says)
      assert.equal(stderr.split('\n').length, 2, 'one line')
      assert.equal(code, exit)
      assert.equal(stdout, '')
    })

  it('takes a text with a dash and a channel with a server', () => {
    const given = parseArguments(['--say', '-', 'home/#general', '--data', 'x'], {})
    assert.equal(given.say, '-')
    assert.equal(given.channel, 'home/#general')
  })

  it('finds the node of a folder by its status file', async () => {
    const data = join(folder, 'data')
    await mkdir(data)
    await writeFile(join(data, 'status.json'), JSON.stringify({ pid: 1, addresses: { mqtt: 'mqtt://127.0.0.1:1234' } }))
    assert.deepEqual(await findNode({ url: undefined, data }), { url: 'mqtt://127.0.0.1:1234', name: `data:${data}` })
    await writeFile(join(data, 'status.json'), 'half a fi')
    await assert.rejects(findNode({ url: undefined, data }), { code: 'NODE_DOWN' })
  })

  it('remembers logins in a file that only its owner reads, the newest first', async () => {
    const remembered = createRemembered(env)
    await remembered.put('n', { user: 'alice', token: 't1', channels: [], seen: {} })
    await remembered.put('n', { user: 'bob', token: 't2', channels: [], seen: { c: 3 }, cursor: 9 })
    assert.equal((await remembered.find('n', undefined))?.user, 'bob')
    assert.equal((await remembered.find('n', 'alice'))?.token, 't1')
    assert.equal(await remembered.find('other', undefined), undefined)
    await remembered.forget('n', 'bob')
    assert.equal((await remembered.find('n', undefined))?.user, 'alice')
    const path = join(folder, 'hearth', 'chat.json')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    await writeFile(path, 'not json')
    assert.equal(await remembered.find('n', 'alice'), undefined)
    assert.equal(await readFile(path, 'utf8'), 'not json')
  })

  it('gives each running chat of a login a device name of its own, and a free one again', async () => {
    const login = { node: 'n', user: 'alice' }
    const first = await takeDeviceName(env, login)
    await using second = await takeDeviceName(env, login)
    assert.notEqual(first.device, second.device)
    assert.match(second.device, /^[A-Za-z0-9._-]{1,64}$/)
    await first[Symbol.asyncDispose]()
    await using third = await takeDeviceName(env, login)
    assert.equal(third.device, first.device)
  })

  it('takes over the device name of a chat that was killed', async () => {
    const login = { node: 'n', user: 'alice' }
    const first = await takeDeviceName(env, login)
    const running = join(folder, 'hearth', 'running')
    const { readdir } = await import('node:fs/promises')
    for (const name of await readdir(running)) await writeFile(join(running, name), '999999999')
    await using again = await takeDeviceName(env, login)
    assert.equal(again.device, first.device)
  })
})
