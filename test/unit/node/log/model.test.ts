import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import type { ChannelId } from '../../../../spec/ids.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import type { Entry, Log } from '../../../../node/log/log.ts'
import { createLevelStore } from '../../../../node/store/level-store.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { channelId, components, createKeys, draft } from './fixture.ts'

const channels = Array.from({ length: 3 }, channelId)
const channel = fc.constantFrom(...channels)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      said: fc.array(fc.record({ channel, id: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }) }), {
        minLength: 1,
        maxLength: 8,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redact' as const), position: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retain' as const), position: fc.nat(40) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      channel,
      anchor: fc.constantFrom('before', 'after', 'around', 'newest'),
      position: fc.nat(40),
      some: fc.subarray(channels),
      limit: fc.nat(7),
    }),
  },
)

/** What can be compared: ids hold random bits. */
const plain = (entries: readonly Entry[]) =>
  entries.map(({ position, channel: at, seq, type, body }) => [
    position,
    at,
    seq,
    type,
    body && Buffer.from(body).toString(),
  ])

describe('the log on LevelDB and in memory', () => {
  it('answer alike, whatever is appended, redacted, dropped, read and restarted', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'hearth-model-'))
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const keys = createKeys()
        let said = 0
        const init = { checkpointEvents: 5 }
        const level = components({
          keys,
          store: await createLevelStore({ clock: { now: () => 0 } }, { folder: join(parent, String(runs++)) }),
        })
        const memory = components({ keys, store: createMemoryStore() })
        let logs: [Log, Log] = [await createLog(level, init), await createLog(memory, init)]
        const both = async <T>(work: (log: Log) => Promise<T>): Promise<T> => {
          const [a, b] = await Promise.all(logs.map(work))
          assert.deepEqual(a, b)
          return a as T
        }
        for (const each of steps) {
          if (each.kind === 'append') {
            const drafts = each.said.map(({ channel: at, id }) =>
              draft(at, `said ${said++}`, id === undefined ? id : `id ${id}`),
            )
            await both(async (log) => {
              const all = await Promise.all(drafts.map((one) => log.append(one)))
              return all.map(({ status, entry }) => [status, plain([entry])])
            })
          } else if (each.kind === 'restart') {
            await Promise.all(logs.map((log) => log[Symbol.asyncDispose]()))
            logs = [await createLog(level, init), await createLog(memory, init)]
          } else if (each.kind === 'redact') {
            await both(async (log) => {
              const [entry] = (await log.since(undefined, each.position, 1)).entries
              return entry && plain([await log.redact(entry.id, entry.id)])
            })
          } else if (each.kind === 'retain') {
            await both(async (log) => {
              const [entry] = (await log.since(undefined, each.position, 1)).entries
              if (entry === undefined) return undefined
              await log.seal()
              const dropped = await log.retain(entry.channel, { from: entry.id, because: entry.id })
              return [dropped, log.feeds(entry.channel).map(({ floor, head }) => [floor, head])]
            })
          } else {
            await both(async (log) => {
              const [entry] = (await log.since(undefined, each.position, 1)).entries
              const anchor = entry && each.anchor !== 'newest' ? { [each.anchor]: entry.id } : {}
              const page = await log.page(entry?.channel ?? each.channel, anchor, each.limit)
              const some = await log.since(new Set<ChannelId>(each.some), each.position, each.limit)
              const all = await log.since(undefined, each.position, each.limit)
              const known = (await log.since(new Set([each.channel]), each.position, 1_000)).entries
              const newest = await log.newest(each.channel, each.position, each.limit)
              assert.deepEqual(plain(newest), each.limit === 0 ? [] : plain(known.slice(-each.limit)))
              return [plain(page), plain(some.entries), some.to, plain(all.entries), all.to]
            })
          }
        }
        await both((log) => log.verify())
        await both(async (log) => log.position)
        assert.deepEqual(await logs[0].verify(), [])
        await Promise.all(logs.map((log) => log[Symbol.asyncDispose]()))
        await level.store[Symbol.asyncDispose]()
      }),
      { numRuns: 40 },
    )
    await rm(parent, { recursive: true })
  })
})
