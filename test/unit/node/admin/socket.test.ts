import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { connectAdmin } from '../../../../node/admin/admin-client.ts'
import type { AdminClient } from '../../../../node/admin/admin-client.ts'
import { createAdminServer } from '../../../../node/admin/admin-server.ts'
import type { AdminServer } from '../../../../node/admin/admin-server.ts'
import { nodeCommand, word } from '../../../../node/admin/command.ts'
import type { Command, CommandIo, Row } from '../../../../node/admin/command.ts'
import type { NodeAdmin } from '../../../../node/admin/components.ts'
import { adminLimits } from '../../../../node/admin/protocol.ts'
import { HearthError } from '../../../../spec/errors.ts'

const shared = { noun: 'test', summary: 'for the test', examples: [] }
const cancelled = Promise.withResolvers<void>()

const commands: Readonly<Record<string, Command>> = {
  echo: nodeCommand({
    ...shared,
    verb: 'echo',
    args: z.strictObject({ text: word(0, 'TEXT', 'text') }),
    shape: 'record',
    run: async (_node, input, io) => {
      await io.row({ n: 1 })
      io.progress({ done: 1, text: 'half' })
      await io.row({ n: 2 })
      return { text: input.text }
    },
  }),
  refuse: nodeCommand({
    ...shared,
    verb: 'refuse',
    args: z.strictObject({}),
    shape: 'record',
    run: () => Promise.reject(new HearthError('NOT_FOUND', 'no such thing here')),
  }),
  break: nodeCommand({
    ...shared,
    verb: 'break',
    args: z.strictObject({}),
    shape: 'record',
    run: () => Promise.reject(new Error('secret of the house')),
  }),
  wait: nodeCommand({
    ...shared,
    verb: 'wait',
    args: z.strictObject({}),
    shape: 'stream',
    run: async (_node, _input, io) => {
      await io.row({ started: true })
      if (!io.signal.aborted) await once(io.signal, 'abort')
      cancelled.resolve()
      return undefined
    },
  }),
  flood: nodeCommand({
    ...shared,
    verb: 'flood',
    args: z.strictObject({}),
    shape: 'rows',
    run: async (_node, _input, io) => {
      for (let n = 0; n < 2_000; n += 1) await io.row({ n, text: 'x'.repeat(1_000) })
      return undefined
    },
  }),
  huge: nodeCommand({
    ...shared,
    verb: 'huge',
    args: z.strictObject({}),
    shape: 'record',
    run: async () => ({ text: 'x'.repeat(adminLimits.replyBytesMax) }),
  }),
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const ioOf = (rows: Row[], signal = new AbortController().signal): CommandIo => ({
  row: async (row) => void rows.push(row),
  progress: (progress) => void rows.push({ progress }),
  signal,
})

describe('the admin socket', () => {
  let folder: string
  let path: string
  let server: AdminServer
  let client: AdminClient
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-admin-'))
    path = join(folder, 'admin.sock')
    await writeFile(path, 'left by a node that was killed')
    server = createAdminServer(
      { node: {} as NodeAdmin, logger: quiet },
      { path, find: (name) => (Object.hasOwn(commands, name) ? commands[name] : undefined) },
    )
    await server.start()
    const connected = await connectAdmin(path)
    assert.ok(connected)
    client = connected
  })
  after(async () => {
    await client[Symbol.asyncDispose]()
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('is for its owner alone', async () => {
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  it('answers rows, progress and result in order', async () => {
    const rows: Row[] = []
    assert.deepEqual(await client.call('echo', { text: 'hi' }, ioOf(rows)), { text: 'hi' })
    assert.deepEqual(rows, [{ n: 1 }, { progress: { done: 1, text: 'half' } }, { n: 2 }])
  })

  it('answers calls that are made together, each its own', async () => {
    const texts = ['a', 'b', 'c']
    const answers = await Promise.all(texts.map((text) => client.call('echo', { text }, ioOf([]))))
    assert.deepEqual(
      answers,
      texts.map((text) => ({ text })),
    )
  })

  it('answers refusals by name, and of faults only that there was one', async () => {
    await assert.rejects(client.call('refuse', {}, ioOf([])), { code: 'NOT_FOUND', message: 'no such thing here' })
    await assert.rejects(client.call('break', {}, ioOf([])), (error: HearthError) => {
      assert.equal(error.code, 'INTERNAL')
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  })

  it('refuses unknown commands, unknown arguments and answers past the limit', async () => {
    await assert.rejects(client.call('constructor', {}, ioOf([])), { code: 'NOT_FOUND' })
    await assert.rejects(client.call('echo', { text: 'x', more: 1 }, ioOf([])), { code: 'BAD_REQUEST' })
    await assert.rejects(client.call('huge', {}, ioOf([])), { code: 'PACKET_TOO_LARGE' })
  })

  it('cancels what the caller gives up', async () => {
    const interrupt = new AbortController()
    const call = client.call(
      'wait',
      {},
      {
        ...ioOf([], interrupt.signal),
        row: async () => interrupt.abort(),
      },
    )
    await call
    await cancelled.promise
  })

  it('cancels what a caller that went away had asked for', async () => {
    const started = Promise.withResolvers<void>()
    const gone = await connectAdmin(path)
    const call = gone?.call('wait', {}, { ...ioOf([]), row: async () => started.resolve() })
    await started.promise
    await gone?.[Symbol.asyncDispose]()
    await assert.rejects(call ?? Promise.resolve(), { code: 'NODE_DOWN' })
  })

  it('waits for a reader that is slow, and loses nothing', async () => {
    let count = 0
    await client.call(
      'flood',
      {},
      {
        ...ioOf([]),
        row: async (row) => {
          assert.equal(row['n'], count)
          count += 1
          if (count % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
        },
      },
    )
    assert.equal(count, 2_000)
  })

  it('ends a connection that talks nonsense or never ends a line', async () => {
    for (const junk of ['GET / HTTP/1.1\r\n\r\n', '\u0000'.repeat(adminLimits.requestBytesMax + 1)]) {
      const socket = connect(path)
      socket.write(junk)
      socket.resume()
      await once(socket, 'close')
    }
    assert.deepEqual(await client.call('echo', { text: 'still here' }, ioOf([])), { text: 'still here' })
  })

  it('is not there when no node runs', async () => {
    assert.equal(await connectAdmin(join(folder, 'nobody.sock')), undefined)
  })
})
