import assert from 'node:assert/strict'
import { cp, mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { layoutOf } from '../../node/data-folder/layout.ts'
import { HearthError, errorTable } from '../../spec/errors.ts'
import { NodeExitedError, runCli, startNode } from '../support/node-process.ts'
import type { CliResult } from '../support/node-process.ts'
import { firstPlace, readHistory, tell } from './conversation.ts'
import type { Place } from './conversation.ts'

interface Damage {
  readonly title: string
  readonly inflict: (store: string) => Promise<void>
}

/** What LevelDB does not notice by itself (design/storage.md). */
const damages: readonly Damage[] = [
  {
    // One byte in seventy holds nothing: an order number of LevelDB's own, a checksum that it does not look at.
    title: 'flipped bytes in a table file',
    inflict: async (store) => {
      const path = await largest(store, '.ldb')
      for (const at of [0.3, 0.5, 0.7]) await flipByte(path, at)
    },
  },
  { title: 'a cut table file', inflict: async (store) => cutInHalf(await largest(store, '.ldb')) },
  { title: 'a deleted table file', inflict: async (store) => rm(await largest(store, '.ldb')) },
  {
    title: 'a flipped byte in the write-ahead log',
    inflict: async (store) => flipByte(await largest(store, '.log'), 0.5),
  },
  { title: 'a cut write-ahead log', inflict: async (store) => cutInHalf(await largest(store, '.log')) },
  { title: 'a deleted write-ahead log', inflict: async (store) => rm(await largest(store, '.log')) },
]

const messages = 1_600

describe('damage in the data folder', function () {
  this.timeout(60_000)
  let folder: string
  let sound: string
  let place: Place

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-damage-'))
    sound = join(folder, 'sound')
    await using node = await startNode({ data: sound, flags: ['--message-rate', '0'] })
    place = await firstPlace(node)
    await tell(place, numbered(0, messages / 2))
    // Opening turns the write-ahead log into tables; what is said after that is in a new one.
    await node.kill9()
    await node.restart()
    await tell(place, numbered(messages / 2, messages))
    await node.stop()
  })

  after(() => rm(folder, { recursive: true, force: true }))

  it('none: verify and doctor find nothing, and the node serves it all', async () => {
    const data = await copyOf('untouched')
    assert.deepEqual(findingsOf(await runCli(['log', 'verify', '--data', data, '--json'])), [])
    await using node = await startNode({ data })
    assert.equal((await readHistory({ ...place, node })).length, messages)
  })

  for (const { title, inflict } of damages) {
    it(`${title}: verify and doctor say what and where; nothing unverified is served; the way on is told`, async () => {
      const data = await copyOf(title.replaceAll(' ', '-'))
      await inflict(layoutOf(data).store)

      const verified = await runCli(['log', 'verify', '--data', data, '--json'])
      assert.equal(verified.code, errorTable.CORRUPT.exit, verified.stderr)
      assert.match(JSON.stringify(verified.rows) + verified.stderr, whereabouts)

      const doctor = await runCli(['doctor', '--data', data, '--json'])
      assert.notEqual(doctor.code, 0)
      assert.match(doctor.stdout, whereabouts)
      assert.match(doctor.stdout, wayOn)

      await assertNothingUnverified(data)
    })
  }

  it('a lost end: without a backup the operator accepts the loss, and the node goes on with what is there', async () => {
    const data = await copyOf('accepted')
    const { store } = layoutOf(data)
    const logs = (await readdir(store)).filter((name) => name.endsWith('.log'))
    for (const name of logs) await rm(join(store, name))
    await assert.rejects(startNode({ data }), NodeExitedError)
    assert.notEqual((await runCli(['log', 'accept-loss', '--data', data, '--json'])).code, 0, 'not without --yes')
    const accepted = await runCli(['log', 'accept-loss', '--data', data, '--json', '--yes'])
    assert.equal(accepted.code, 0, accepted.stderr)
    await using node = await startNode({ data })
    const kept = await readHistory({ ...place, node })
    assert.ok(kept.length < messages)
    await tell({ ...place, node }, numbered(0, 1))
    assert.equal((await readHistory({ ...place, node })).length, kept.length + 1)
  })

  const copyOf = async (name: string): Promise<string> => {
    const data = join(folder, name)
    await cp(sound, data, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    return data
  }

  /** Either the node does not start, or it serves what verifies and refuses the rest by name. */
  const assertNothingUnverified = async (data: string): Promise<void> => {
    try {
      await using node = await startNode({ data })
      const events = await readHistory({ ...place, node }).catch((error: unknown) => error)
      if (events instanceof HearthError) assert.equal(events.code, 'CORRUPT')
      else
        assert.fail(`the node served ${Array.isArray(events) ? events.length : String(events)} of ${messages} messages`)
    } catch (error) {
      if (!(error instanceof NodeExitedError)) throw error
      assert.equal(error.code, errorTable.CORRUPT.exit, error.output)
      assert.match(error.output, whereabouts)
      assert.match(error.output, wayOn)
    }
  }
})

/** A file, a position, a feed or a channel. */
const whereabouts = /\.ldb|\.log|MANIFEST|position|feed|channel|store/i
const wayOn = /backup|restore/i

const reportSchema = z.looseObject({ findings: z.array(z.looseObject({ what: z.string(), where: z.string() })) })

const findingsOf = (result: CliResult): z.output<typeof reportSchema>['findings'] => {
  assert.equal(result.code, 0, result.stdout + result.stderr)
  return reportSchema.parse(result.rows.at(-1)).findings
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${from + index} ${'abcdefgh'.repeat(20)}`)

const largest = async (store: string, ending: string): Promise<string> => {
  const names = (await readdir(store)).filter((name) => name.endsWith(ending)).map((name) => join(store, name))
  const sizes = await Promise.all(names.map(async (name) => ({ name, size: (await stat(name)).size })))
  const [first] = sizes.sort((a, b) => b.size - a.size)
  if (first === undefined || first.size < 1_000) throw new Error(`no ${ending} of some size among ${names.join(', ')}`)
  return first.name
}

const flipByte = async (path: string, at: number): Promise<void> => {
  await using file = await open(path, 'r+')
  const position = Math.floor((await file.stat()).size * at)
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, position)
  byte[0] = (byte[0] ?? 0) ^ 0x10
  await file.write(byte, 0, 1, position)
}

const cutInHalf = async (path: string): Promise<void> => truncate(path, Math.floor((await stat(path)).size / 2))
