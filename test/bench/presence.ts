/**
 * `npm run bench:presence`: a crowd at one node, seen from another, over a real link on this machine. Options:
 * `--people N` (5,000), `--folder PATH`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { channelList } from '../../spec/calls/channel.list.ts'
import { presenceList } from '../../spec/calls/presence.list.ts'
import { serverJoin } from '../../spec/calls/server.join.ts'
import { who } from '../../spec/calls/who.ts'
import { callNode } from '../support/calls.ts'
import { connectClient } from '../support/mqtt-client.ts'
import { startNode } from '../support/node-process.ts'
import { createCrowd } from './chat/crowd.ts'
import { fillWorld } from './chat/world.ts'

const { values: options } = parseArgs({
  options: { people: { type: 'string', default: '5000' }, folder: { type: 'string' } },
})
const people = Number(options.people)
const many = people.toLocaleString('en')
const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'hearth-bench-')))
const rows: [what: string, figure: string][] = []
const say = (text: string): boolean => process.stderr.write(`${text}\n`)

const flags = ['--message-rate', '0', '--log-level', 'warn', '--connections-max', '20000', '--p2p-port', '0']
say('filling a node …')
const data = join(folder, 'oak')
await using oak = await startNode({ data, flags: [...flags, '--bind', '127.0.0.1'] })
await oak.stop()
const tokens = await fillWorld({ folder: data, people, servers: {} })
await oak.restart()
await using elm = await startNode({ data: join(folder, 'elm'), flags: [...flags, '--bind', '127.0.0.2'] })

const inviteSchema = z.looseObject({ link: z.string(), code: z.string() })
const { code } = await elm.ask(inviteSchema, 'invite', 'create')
await using viewer = await connectClient({
  url: elm.ready.addresses.mqtt,
  user: 'viewer',
  password: `${code}:a bench has no secrets`,
  clientId: 'viewer-laptop',
})
await viewer.subscribe(['u/viewer/reply', 'u/+/presence'], 0)
const { link } = await oak.ask(inviteSchema, 'invite', 'create', '--remote', '--server', 'crowd')
say('joining …')
await callNode(viewer, 'viewer', serverJoin, { invite: link })

const peersSchema = z.looseObject({ bytesIn: z.number() })
const bytesIn = async (): Promise<number> => (await elm.ask(peersSchema, 'peer', 'list')).bytesIn
const present = async (): Promise<number> =>
  (await callNode(viewer, 'viewer', presenceList, { server: 'crowd' })).present.filter(({ user }) => user.includes('@'))
    .length
const heard = (): number => viewer.received.filter(({ topic }) => topic.endsWith('/presence')).length

/** Until the viewer's node knows of so many; what it took. */
const until = async (count: number): Promise<string> => {
  const started = performance.now()
  while ((await present()) !== count) await pause(100)
  return `${((performance.now() - started) / 1_000).toFixed(1)} s`
}
const crowd = createCrowd(() => Number(new URL(oak.ready.addresses.mqtt).port), tokens)
const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(0)} KiB`

say(`${many} come …`)
let [bytes, before] = [await bytesIn(), heard()]
await crowd.enter()
rows.push([`${many} have logged in at one node: until the other knows of all`, await until(people)])
rows.push(['… over the link, everything', kib((await bytesIn()) - bytes)])
while (heard() - before < people) await pause(100)
rows.push(['… a watcher there hears', `${heard() - before}`])

const general = (await callNode(viewer, 'viewer', channelList, { server: 'crowd' })).channels[0]?.id
if (general === undefined) throw new Error('the crowd has no channel')
const timed = async (task: () => Promise<unknown>): Promise<string> => {
  const started = performance.now()
  await task()
  return `${(performance.now() - started).toFixed(0)} ms`
}
rows.push([`presence.list of ${many}, at the other node`, await timed(present)])
rows.push(['who, the same', await timed(() => callNode(viewer, 'viewer', who, { channel: general }))])

say('all reconnect …')
;[bytes, before] = [await bytesIn(), heard()]
await crowd.drop()
const again = await crowd.enter()
await pause(10_000)
rows.push([`${many} reconnect within ${(again / 1_000).toFixed(1)} s: over the link`, kib((await bytesIn()) - bytes)])
rows.push(['… a watcher there hears (0 if within 3 s)', `${heard() - before}`])

say('kill -9 …')
before = heard()
await oak.kill9()
rows.push(['kill -9 of the node: until none of them is here', await until(0)])
while (heard() - before < people) await pause(100)
rows.push(['… a watcher there hears', `${heard() - before}`])
await crowd.drop()
if (options.folder === undefined) await rm(folder, { recursive: true })

const width = Math.max(...rows.map(([what]) => what.length))
for (const [what, figure] of rows) console.log(`| ${what.padEnd(width)} | ${figure.padStart(10)} |`)
process.exit(0)
