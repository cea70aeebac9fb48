/**
 * `npm run bench:log`: what the log does beside what LevelDB itself does, in one run on one machine.
 * Options: `--messages N` (1,000,000), `--channels N` (200), `--seconds N` per append figure (3), `--folder PATH`, `--keep`.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ClassicLevel } from 'classic-level'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { createHighWaterFile } from '../../node/log/high-water.ts'
import { createLog } from '../../node/log/create-log.ts'
import type { Log } from '../../node/log/log.ts'
import { sha256 } from '../../node/crypto.ts'
import { createLevelStore, type LevelStore } from '../../node/store/level-store.ts'
import { channelId, components, draft } from '../unit/node/log/fixture.ts'

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    channels: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '3' },
    folder: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const messages = Number(options.messages)
const seconds = Number(options.seconds)
const channels = Array.from({ length: Number(options.channels) }, channelId)
const clock = { now: () => Date.now() }
const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'hearth-bench-')))
const rows: { what: string; hearth: string; engine: string }[] = []
const say = (text: string): boolean => process.stderr.write(`${text}\n`)

const text =
  'A message of two hundred characters is what people write when they explain something to one another, with some words that come again and again, and a few that are rather unlike the rest: '.padEnd(
    200,
    'x',
  )
const parts = components({ clock })

await benchAppends()
await fill()
await benchReads()
await benchEngineReads()
print()
if (!options.keep) await rm(folder, { recursive: true })

async function openLog(at: string): Promise<{ store: LevelStore; log: Log }> {
  const store = await createLevelStore({ clock }, { folder: at })
  return {
    store,
    log: await createLog({ ...parts, store, highWater: createHighWaterFile({ hash: sha256 }, { path: `${at}.mark` }) }),
  }
}

async function benchAppends(): Promise<void> {
  say('warming up …')
  const { store, log } = await openLog(join(folder, 'warm'))
  await rate(channels, (channel) => log.append(draft(channel, text)))
  await log[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
  for (const writers of [1, 100, 200, 1_000]) {
    say(`appends, ${writers} at a time …`)
    const { store, log } = await openLog(join(folder, `append-${writers}`))
    const own = Array.from({ length: writers }, (_, index) => channels[index] ?? channelId())
    const hearth = await rate(own, (channel) => log.append(draft(channel, text)))
    await log[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    await rm(join(folder, `append-${writers}`), { recursive: true })
    const engine = await benchEngineAppends(own)
    rows.push({ what: `appends/s, ${writers} at a time, each in its channel`, hearth, engine })
  }
}

/** The same number of bytes under a key of the same length, by the same group commit, and nothing else. */
async function benchEngineAppends(own: readonly ChannelId[]): Promise<string> {
  const at = join(folder, 'engine')
  await using store = await createLevelStore({ clock }, { folder: at })
  let count = 0
  const value = Buffer.concat([Buffer.from(text), randomBytes(190)])
  const result = await rate(own, (channel) => {
    const key = Buffer.alloc(33)
    key.write(channel, 1, 16)
    key.writeUIntBE(++count, 17, 6)
    return store.commit([{ type: 'put', key, value }])
  })
  await store[Symbol.asyncDispose]()
  await rm(at, { recursive: true })
  return result
}

async function rate(own: readonly ChannelId[], work: (channel: ChannelId) => Promise<unknown>): Promise<string> {
  let count = 0
  const latencies: number[] = []
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1_000
  await Promise.all(
    own.map(async (channel) => {
      for (let now = performance.now(); now < end;) {
        await work(channel)
        const then = performance.now()
        if (count++ % 16 === 0) latencies.push(then - now)
        now = then
      }
    }),
  )
  const elapsed = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  return `${thousands(count / elapsed)} (p50 ${quantile(latencies, 0.5)}, p99 ${quantile(latencies, 0.99)} ms; ${((user + system) / count).toFixed(1)} µs CPU each)`
}

function main(): string {
  return join(folder, 'main')
}

async function fill(): Promise<void> {
  const { store, log } = await openLog(main())
  let shown = performance.now()
  const start = shown
  while (log.position < messages) {
    await Promise.all(
      Array.from({ length: 2_000 }, (_, index) =>
        log.append(draft(channels[index % channels.length] as ChannelId, text)),
      ),
    )
    if (performance.now() - shown < 1_000) continue
    shown = performance.now()
    say(`filling: ${thousands(log.position)} of ${thousands(messages)}`)
  }
  rows.push({
    what: `filling ${thousands(messages)}, messages/s`,
    hearth: thousands(messages / ((performance.now() - start) / 1_000)),
    engine: '',
  })
  await log[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
}

async function benchReads(): Promise<void> {
  say('reads …')
  const start = performance.now()
  const { store, log } = await openLog(main())
  rows.push({
    what: `open with ${thousands(log.position)} messages`,
    hearth: `${Math.round(performance.now() - start)} ms`,
    engine: '',
  })
  const any = (): ChannelId => channels[Math.floor(Math.random() * channels.length)] as ChannelId
  const old = new Map<ChannelId, EventId[]>()
  for (const channel of channels) {
    const ids: EventId[] = []
    for (let count = 0; count < 5; count++) {
      const from = Math.floor(Math.random() * log.position)
      const [entry] = (await log.since(new Set([channel]), from, 1)).entries
      if (entry) ids.push(entry.id)
    }
    old.set(channel, ids)
  }
  const newest = () => log.page(any(), {}, 50)
  const older = () => {
    const channel = any()
    const ids = old.get(channel) ?? []
    const before = ids[Math.floor(Math.random() * ids.length)]
    return log.page(channel, before === undefined ? {} : { before }, 50)
  }
  for (const [what, work] of [
    ['newest 50 of a channel', newest],
    ['an old page of 50', older],
  ] as const) {
    await timed(10_000, work)
    rows.push({ what: `${what}, one at a time`, hearth: await timed(6_000, work), engine: '' })
  }
  const three = new Set(channels.slice(0, 3))
  rows.push({ what: 'since, all channels, 1,000 at a time: events/s', hearth: await drain(log, undefined), engine: '' })
  rows.push({
    what: `since, 3 of ${channels.length} channels, 200 at a time: events/s`,
    hearth: await drain(log, three),
    engine: '',
  })
  await log[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
}

async function drain(log: Log, some: ReadonlySet<ChannelId> | undefined): Promise<string> {
  const start = performance.now()
  let count = 0
  for (let from = 0; from < log.position && performance.now() - start < 5_000;) {
    const { entries, to } = await log.since(some, from, some ? 200 : 1_000)
    count += entries.length
    from = to
  }
  return thousands(count / ((performance.now() - start) / 1_000))
}

async function timed(times: number, work: () => Promise<unknown>): Promise<string> {
  const took: number[] = []
  for (let count = 0; count < times; count++) {
    const start = performance.now()
    await work()
    took.push(performance.now() - start)
  }
  return `p50 ${quantile(took, 0.5)}, p99 ${quantile(took, 0.99)} ms`
}

/** The same ranges of the same database, read and thrown away. */
async function benchEngineReads(): Promise<void> {
  const db = new ClassicLevel<Uint8Array, Uint8Array>(main(), {
    keyEncoding: 'view',
    valueEncoding: 'view',
    cacheSize: 64 * 1024 * 1024,
    maxOpenFiles: 4_000,
  })
  await db.open()
  const prefixes = channels.map((channel) => Buffer.from(`65${channel.replaceAll('-', '')}`, 'hex'))
  const any = (): Buffer => prefixes[Math.floor(Math.random() * prefixes.length)] ?? Buffer.of(0x65)
  const read = (lt: Uint8Array) =>
    db.values({ gte: lt.subarray(0, 17), lt, reverse: true, limit: 50, fillCache: true }).all()
  const newest = () => read(Buffer.concat([any(), Buffer.alloc(17, 0xff)]))
  const [oldest] = await db.keys({ gte: Buffer.from('e'), limit: 1 }).all()
  const from = Buffer.from(oldest ?? []).readUIntBE(17, 6)
  const span = Date.now() - from
  const older = () => {
    const id = Buffer.alloc(16)
    id.writeUIntBE(from + Math.floor(Math.random() * span), 0, 6)
    return read(Buffer.concat([any(), id]))
  }
  for (const [index, work] of [newest, older].entries()) {
    await timed(10_000, work)
    const engine = await timed(6_000, work)
    const at = rows.findIndex(({ what }) => what.startsWith(index === 0 ? 'newest 50' : 'an old page'))
    const row = rows[at]
    if (row) rows[at] = { ...row, engine }
  }
  await db.close()
}

function print(): void {
  console.log(
    `\nHearth log on ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, ${thousands(messages)} messages of 200 bytes in ${channels.length} channels\n`,
  )
  const table = [{ what: '', hearth: 'Hearth', engine: 'LevelDB alone' }, ...rows]
  const widths = [
    Math.max(...table.map(({ what }) => what.length)),
    Math.max(...table.map(({ hearth }) => hearth.length)),
  ]
  for (const { what, hearth, engine } of table)
    console.log(`${what.padEnd(widths[0] ?? 0)}  ${hearth.padEnd(widths[1] ?? 0)}  ${engine}`)
}

function quantile(values: number[], at: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor(sorted.length * at)] ?? 0).toFixed(2)
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en')
}
