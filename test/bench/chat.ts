/**
 * `npm run bench:chat`: what a person waits for, at a real node (a process of its own, its data on disk). Options:
 * `--people N` (5,000) in the presence storm, `--watchers N` (100) of them who watch everybody, `--folder PATH`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { catchup } from '../../spec/calls/catchup.ts'
import { channelList } from '../../spec/calls/channel.list.ts'
import { readMark } from '../../spec/calls/read.mark.ts'
import { serverList } from '../../spec/calls/server.list.ts'
import { unreadList } from '../../spec/calls/unread.list.ts'
import type { ChannelId } from '../../spec/ids.ts'
import { callNode } from '../support/calls.ts'
import { connectClient, type TestClient } from '../support/mqtt-client.ts'
import { startNode } from '../support/node-process.ts'
import { createCrowd } from './chat/crowd.ts'
import { fillWorld, password, personName } from './chat/world.ts'
import { inParallel } from './in-parallel.ts'

const { values: options } = parseArgs({
  options: {
    people: { type: 'string', default: '5000' },
    watchers: { type: 'string', default: '100' },
    folder: { type: 'string' },
  },
})
const people = Number(options.people)
const watching = Number(options.watchers)
const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'hearth-bench-')))
const rows: { what: string; figure: string; expected: string }[] = []
const say = (text: string): boolean => process.stderr.write(`${text}\n`)
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`

const flags = ['--message-rate', '0', '--log-level', 'warn', '--connections-max', '20000']
const data = join(folder, 'node')
say('filling a node …')
await using node = await startNode({ data, flags })
await node.stop()
const tokens = await fillWorld({
  folder: data,
  people,
  servers: {
    one: { channels: 1, messages: 0 },
    medium: { channels: 200, messages: 5 },
    holiday: { channels: 200, messages: 1_000 },
    large: { channels: 500, messages: 20 },
    larger: { channels: 500, messages: 20 },
  },
})
await node.restart()

await benchCatchUp()
await benchLogin()
await benchUnread()
await benchStorm()
print()
if (options.folder === undefined) await rm(folder, { recursive: true })

async function enter(user: string, clean = true, device = 'laptop'): Promise<TestClient> {
  const client = await connectClient({
    url: node.ready.addresses.mqtt,
    user,
    password,
    clientId: `${user}-${device}`,
    options: { clean, properties: { sessionExpiryInterval: clean ? 0 : 3_600 } },
  })
  return client
}

async function channelsOf(client: TestClient, user: string, server: string): Promise<ChannelId[]> {
  return (await callNode(client, user, channelList, { server })).channels.map(({ id }) => id)
}

async function benchCatchUp(): Promise<void> {
  say('catch-up …')
  await using writer = await enter('writer')
  await writer.subscribe('u/writer/reply')
  const [channel] = await channelsOf(writer, 'writer', 'one')
  const filters = ['u/reader/reply', `c/${channel}/events`]
  const replays: number[] = []
  const calls: number[] = []
  for (let round = 0; round < 5; round++) {
    const away = await enter('reader', false)
    await away.subscribe(filters)
    const { to } = await callNode(away, 'reader', catchup, {})
    await away[Symbol.asyncDispose]()
    for (let at = 0; at < 1_000; at += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, i) => writer.publish(`c/${channel}/say`, `missed ${at + i}`)))
    }
    let started = performance.now()
    const back = await enter('reader', false)
    await back.waitFor(({ text }) => text.includes('"missed 999"'))
    replays.push(performance.now() - started)
    started = performance.now()
    for (let from = to, more = true; more;) {
      const page = await callNode(back, 'reader', catchup, { from, limit: 200 })
      from = page.to
      more = page.more
    }
    calls.push(performance.now() - started)
    await back[Symbol.asyncDispose]()
  }
  rows.push({
    what: '1,000 missed messages, CONNECT to the last one (session, QoS 1)',
    figure: ms(median(replays)),
    expected: 'peers 75–114 ms',
  })
  rows.push({
    what: '1,000 missed messages by 5 calls of `catchup`',
    figure: ms(median(calls)),
    expected: 'peers 75–114 ms',
  })
}

async function benchLogin(): Promise<void> {
  say('login …')
  const times: number[] = []
  for (let round = 0; round < 10; round++) {
    const started = performance.now()
    const client = await enter('reader')
    await client.subscribe(['u/reader/reply', 'u/reader/inbox', 's/medium/#'])
    const [, channels] = await Promise.all([
      callNode(client, 'reader', serverList, {}),
      channelsOf(client, 'reader', 'medium'),
    ])
    await callNode(client, 'reader', unreadList, { channels })
    times.push(performance.now() - started)
    await client[Symbol.asyncDispose]()
  }
  rows.push({
    what: 'login with 200 channels: CONNECT, SUBSCRIBE, lists, counts',
    figure: `${ms(median(times))} (first ${ms(times[0] ?? 0)})`,
    expected: '-',
  })
}

async function benchUnread(): Promise<void> {
  say('counts …')
  await node.stop()
  await node.restart()
  const client = await enter('reader')
  await client.subscribe('u/reader/reply')
  const large = await channelsOf(client, 'reader', 'large')
  const larger = await channelsOf(client, 'reader', 'larger')
  const holiday = await channelsOf(client, 'reader', 'holiday')
  const count = async (): Promise<number> => {
    const started = performance.now()
    const one = await callNode(client, 'reader', unreadList, {})
    const unread = one.channels.filter(({ channel }) => large.includes(channel) || larger.includes(channel))
    if (unread.length !== 1_000 || unread.some((row) => row.unread !== 20)) throw new Error('the counts are wrong')
    return performance.now() - started
  }
  const cold = await count()
  const warm = [await count(), await count(), await count()]
  rows.push({ what: 'counts of 1,401 channels after a restart', figure: ms(cold), expected: '-' })
  rows.push({ what: 'counts of 1,401 channels, again', figure: ms(median(warm)), expected: '-' })
  const started = performance.now()
  const { channels } = await callNode(client, 'reader', unreadList, { channels: holiday })
  const elapsed = performance.now() - started
  if (channels.some(({ unread }) => unread < 20)) throw new Error('the counts are wrong')
  rows.push({ what: '… of 200 channels with 1,000 unread messages each', figure: ms(elapsed), expected: '-' })
  const marks: number[] = []
  for (const channel of large.slice(0, 50)) {
    const before = performance.now()
    await callNode(client, 'reader', readMark, { channel })
    marks.push(performance.now() - before)
  }
  rows.push({ what: 'marking a channel as read', figure: ms(median(marks)), expected: '-' })
  await client[Symbol.asyncDispose]()
}

async function benchStorm(): Promise<void> {
  say(`presence of ${people} …`)
  const crowd = createCrowd(() => Number(new URL(node.ready.addresses.mqtt).port), tokens)
  let watchers: TestClient[] = []
  const watch = async (): Promise<void> => {
    const watchOne = async (index: number): Promise<TestClient> => {
      const watcher = await enter(personName(index), true, 'watch')
      await watcher.subscribe('u/+/presence', 0)
      return watcher
    }
    watchers = await inParallel(watching, watchOne)
  }
  const heard = (): number => watchers.reduce((sum, { received }) => sum + received.length, 0)
  /** What each watcher hears in the busiest second of so many. */
  const settle = async (seconds: number): Promise<number> => {
    let last = heard()
    let most = 0
    for (let at = 0; at < seconds; at++) {
      await pause(1_000)
      const now = heard()
      most = Math.max(most, now - last)
      last = now
    }
    return most / watching
  }

  const limit = `≤ 100,000 / present, or 20`
  const first = await crowd.enter()
  rows.push({ what: `${people.toLocaleString('en')} log in by app token`, figure: ms(first), expected: '-' })
  await watch()
  await settle(3)

  await using writer = await enter('writer')
  await writer.subscribe(['u/writer/reply', 's/crowd/general/lines'])
  const before = heard()
  await crowd.drop()
  const latencies: number[] = []
  const storm = crowd.enter()
  let isOver = false
  const during = (async () => {
    for (let index = 0; !isOver; index++) {
      const sent = performance.now()
      await writer.publish('s/crowd/general/say', `during ${index}`)
      latencies.push(performance.now() - sent)
      await pause(20)
    }
  })()
  const again = await storm
  isOver = true
  await during
  await settle(10)
  rows.push({
    what: `${people.toLocaleString('en')} reconnect within ${ms(again)}: each watcher hears`,
    figure: ((heard() - before) / watching).toFixed(1),
    expected: '0 if within 3 s',
  })
  rows.push({
    what: '… a message meanwhile, PUBLISH to PUBACK, p50 and worst',
    figure: `${ms(median(latencies))}, ${ms(Math.max(...latencies))}`,
    expected: '-',
  })

  say('all leave …')
  await crowd.drop()
  const gone = await settle(10)
  rows.push({
    what: `${people.toLocaleString('en')} leave at once: each watcher hears, in the busiest second`,
    figure: gone.toFixed(0),
    expected: limit,
  })

  say('kill -9 …')
  await node.kill9()
  await node.restart()
  await watch()
  const after = await crowd.enter()
  const came = await settle(10)
  rows.push({
    what: `kill -9, ${people.toLocaleString('en')} are back within ${ms(after)}: each watcher hears, in the busiest second`,
    figure: came.toFixed(0),
    expected: limit,
  })
  for (const watcher of watchers) await watcher[Symbol.asyncDispose]()
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function print(): void {
  const width = Math.max(...rows.map(({ what }) => what.length))
  const figures = Math.max(...rows.map(({ figure }) => figure.length))
  console.log(`| ${''.padEnd(width)} | ${'Hearth'.padStart(figures)} | expected |`)
  console.log(`|-${'-'.repeat(width)}-|-${'-'.repeat(figures)}:|---|`)
  for (const { what, figure, expected } of rows) {
    console.log(`| ${what.padEnd(width)} | ${figure.padStart(figures)} | ${expected} |`)
  }
}
