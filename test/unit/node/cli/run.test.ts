import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdminServer } from '../../../../node/admin/admin-server.ts'
import type { AdminServer } from '../../../../node/admin/admin-server.ts'
import type { NodeAdmin, UserRow } from '../../../../node/admin/components.ts'
import { runCli } from '../../../../node/cli/run.ts'
import { layoutOf } from '../../../../node/data-folder/layout.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { fakeIo } from './fake-io.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

describe('hearth', () => {
  let data: string
  let server: AdminServer
  const users = new Map<string, { disabled: boolean; password: string | undefined }>()
  const row = (user: string): UserRow => ({
    user,
    disabled: users.get(user)?.disabled ?? false,
    devices: 0,
    tokens: 0,
    created: 0,
  })
  const find = (user: string) => {
    const found = users.get(user)
    if (found === undefined) throw new HearthError('NOT_FOUND', `no user ${user}`)
    return found
  }
  /** The parts of a node that these tests ask for. */
  const node = {
    users: {
      list: async () => [...users.keys()].map(row),
      create: async ({ user, password }: { user: string; password?: string }) => {
        users.set(user, { disabled: false, password })
        return password === undefined ? { password: 'made-up' } : {}
      },
      setDisabled: async (user: string, disabled: boolean) => {
        find(user).disabled = disabled
      },
    },
    log: {
      verify: async () => ({ entries: 3, feeds: 1, findings: [{ where: 'seq 2', what: 'the chain is broken' }] }),
      async *tail() {
        yield { position: 1, id: 'x', at: 0, server: 's', channel: 'c', author: 'a', type: 'msg', text: 'one' }
        yield { position: 2, id: 'y', at: 0, server: 's', channel: 'c', author: 'a', type: 'msg', text: 'two' }
      },
    },
  } as unknown as NodeAdmin

  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'hearth-cli-'))
    server = createAdminServer({ node, logger: quiet }, { path: layoutOf(data).adminSocket })
    await server.start()
  })
  after(async () => {
    await server.stop()
    await rm(data, { recursive: true, force: true })
  })
  beforeEach(() => users.clear())

  const run = async (line: string, io = fakeIo()) => {
    const code = await runCli([...line.split(' '), '--data', data], io)
    return { code, out: io.out(), err: io.err() }
  }

  it('makes a password and shows it once', async () => {
    const { code, out } = await run('user add alice')
    assert.equal(code, 0)
    assert.equal(out, 'password of alice, shown once: made-up\n')
  })

  it('takes a password from standard input, and shows it to nobody', async () => {
    const io = fakeIo()
    io.stdin.write('hunter2\nmore')
    const { code, out, err } = await run('user add bob --password-stdin', io)
    assert.equal(code, 0)
    assert.equal(users.get('bob')?.password, 'hunter2')
    assert.doesNotMatch(out + err, /hunter2/)
  })

  it('asks for a password twice on a terminal, without showing it', async () => {
    const io = fakeIo({ terminal: true })
    io.stdin.write('hunt\u007Fter2\r')
    setImmediate(() => io.stdin.write('hunter2\r'))
    const { code, out, err } = await run('user add carol', io)
    assert.equal(code, 0, err)
    assert.equal(users.get('carol')?.password, 'hunter2')
    assert.doesNotMatch(out + err, /hunter2/)
  })

  it('gives data as JSON on stdout and errors as JSON on stderr', async () => {
    await run('user add alice')
    const list = await run('user list --json')
    assert.deepEqual(JSON.parse(list.out), [row('alice')])
    const error = await run('user disable nobody --yes --json')
    assert.deepEqual([error.code, error.out], [3, ''])
    assert.deepEqual(JSON.parse(error.err), { error: { code: 'NOT_FOUND', message: 'no user nobody' } })
  })

  it('does not destroy without being told so', async () => {
    await run('user add alice')
    const unsure = await run('user disable alice')
    assert.deepEqual([unsure.code, users.get('alice')?.disabled], [2, false])
    assert.match(unsure.err, /Say --yes/)
    const asked = fakeIo({ terminal: true })
    asked.stdin.write('n\n')
    assert.equal((await run('user disable alice', asked)).code, 2)
    assert.equal(users.get('alice')?.disabled, false)
    assert.equal((await run('user disable alice --yes')).code, 0)
    assert.equal(users.get('alice')?.disabled, true)
  })

  it('exits 6 when the log is damaged, and says where', async () => {
    const { code, out } = await run('log verify')
    assert.equal(code, 6)
    assert.match(out, /seq 2: the chain is broken/)
  })

  it('streams a line each', async () => {
    const { out } = await run('log tail --json')
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { text: string }).text),
      ['one', 'two'],
    )
  })

  it('says which word or flag is wrong before it asks the node', async () => {
    assert.match((await run('user add')).err, /BAD_REQUEST: USER is missing: user name/)
    assert.match((await run('log tail --lines x')).err, /--lines "x": /)
    assert.equal((await run('user add')).code, 2)
  })

  it('says how to start the node when none runs', async () => {
    const io = fakeIo()
    assert.equal(await runCli(['status', '--data', join(data, 'none')], io), 5)
    assert.match(io.err(), /NODE_DOWN: no node runs on .*hearth up --data/)
  })

  it('explains itself', async () => {
    for (const [line, pattern] of [
      ['help', /user +add, list/],
      ['help user', /user add USER/],
      ['help user add', /Examples/],
      ['user add --help', /--password-stdin/],
      ['user', /user devices USER/],
      ['--version', /^hearth \d+\.\d+\.\d+/],
    ] as const) {
      const { code, out } = await run(line)
      assert.equal(code, 0, line)
      assert.match(out, pattern, line)
    }
  })

  it('shows and checks the configuration, with the source of each value', async () => {
    const io = fakeIo({ env: { HEARTH_MQTT_PORT: '1999' } })
    await runCli(['config', 'show', '--http-port', '8123', '--json', '--data', data], io)
    const { settings } = JSON.parse(io.out()) as { settings: { key: string; value: unknown; source: string }[] }
    const of = (key: string) => settings.find((setting) => setting.key === key)
    assert.deepEqual([of('http-port')?.value, of('http-port')?.source], [8123, 'flag'])
    assert.deepEqual([of('mqtt-port')?.value, of('mqtt-port')?.source], [1999, 'environment'])
    assert.equal((await run('config check --http-port x')).code, 2)
  })
})
