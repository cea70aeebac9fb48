/** What only Hearth promises (issue 3), measured on real nodes. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { channelList } from '../../../spec/calls/channel.list.ts'
import { history } from '../../../spec/calls/history.ts'
import { serverJoin } from '../../../spec/calls/server.join.ts'
import type { ChannelId, UserName } from '../../../spec/ids.ts'
import { createHighWaterFile } from '../../../node/log/high-water.ts'
import { createLog } from '../../../node/log/create-log.ts'
import { sha256 } from '../../../node/crypto.ts'
import { createLevelStore } from '../../../node/store/level-store.ts'
import { callNode } from '../../support/calls.ts'
import { connectClient } from '../../support/mqtt-client.ts'
import { channelId, components, draft } from '../../unit/node/log/fixture.ts'
import { meterBusy, type Busy } from './busy.ts'
import { openHearthPair } from './hearth-pair.ts'
import { startSite, type HearthSite } from './hearth-site.ts'
import type { BenchOptions } from './options.ts'
import type { Conversation } from './pair.ts'
import { inParallel } from '../in-parallel.ts'
import { flow, rateOf, say, until } from './scenarios.ts'
import type { Expected, Row } from './table.ts'

export interface HearthMeasure {
  /** What `--only` looks at. */
  readonly name: string
  /** `folder` is removed by the caller. */
  run(options: BenchOptions, folder: string): Promise<Row[]>
}

/** A row without peers. */
export const hearthRow = (row: {
  readonly label: string
  readonly unit: string
  readonly digits?: number
  readonly figure?: number | undefined
  readonly expected?: Expected
  readonly busy?: Busy
  readonly faults?: readonly string[]
}): Row => ({
  label: row.label,
  unit: row.unit,
  digits: row.digits ?? 0,
  better: undefined,
  perCpu: false,
  figures: { Prosody: undefined, ejabberd: undefined, Hearth: row.figure },
  busy: { Prosody: undefined, ejabberd: undefined, Hearth: row.busy },
  expected: row.expected,
  faults: row.faults ?? [],
  isInvalid: (row.faults ?? []).length > 0,
})

const durable: HearthMeasure = {
  name: 'durable',
  run: async ({ sizes }, folder) => {
    await using pair = await openHearthPair({ folder, membersPerSide: 1 })
    const conversations = await pair.dms(durableChannels)
    const flows = conversations.map(({ near, far }) => flow({ speaker: near, listeners: [far], window: sizes.window }))
    const { delivered, seconds, busy, faults } = await rateOf(pair, flows, sizes)
    const label = `durable on both nodes, sealed, delivered; ${durableChannels} DMs, window ${sizes.window}`
    const figure = delivered / seconds
    return [hearthRow({ label, unit: 'messages/s', figure, expected: { atLeast: 10_000 }, busy, faults })]
  },
}

const heal: HearthMeasure = {
  name: 'heal',
  run: async ({ sizes }, folder) => {
    await using pair = await openHearthPair({ folder, membersPerSide: 1 })
    const [{ near, far }] = (await pair.dms(1)) as [Conversation]
    const stopped = pair.pids().far
    const before = far.heard
    process.kill(stopped, 'SIGSTOP')
    try {
      await say(near, { from: 0, to: sizes.missed, window: 500, patienceSeconds: sizes.patienceSeconds })
    } finally {
      process.kill(stopped, 'SIGCONT')
    }
    const began = performance.now()
    const busy = await meterBusy(pair)
    const whole = await until(() => far.heard - before >= sizes.missed, sizes.patienceSeconds)
    const figure = whole ? (performance.now() - began) / 1_000 : undefined
    return [
      hearthRow({
        label: `far node frozen for ${sizes.missed.toLocaleString('en')} messages: all heard there after it goes on`,
        unit: 's',
        digits: 2,
        figure,
        expected: { atMost: 1 },
        busy: await busy(),
        faults: whole ? [] : [`Hearth: ${far.heard - before} of ${sizes.missed} heard`],
      }),
    ]
  },
}

const idleLink: HearthMeasure = {
  name: 'idle-link',
  run: async ({ idleSeconds }, folder) => {
    await using pair = await openHearthPair({ folder, membersPerSide: 1 })
    const ports = [pair.near.p2pPort, pair.far.p2pPort]
    await delay(linkSettlesMs)
    const before = await bytesOnPorts(ports)
    await delay(idleSeconds * 1_000)
    const after = await bytesOnPorts(ports)
    const label = `idle link of two nodes that share a server, both ways (${idleSeconds} s)`
    const figure = ((after - before) / idleSeconds) * 60
    return [hearthRow({ label, unit: 'bytes/min', figure, expected: { atMost: idleBytesPerMinuteMax } })]
  },
}

const signatures: HearthMeasure = {
  name: 'signatures',
  run: async (_options, folder) => {
    const clock = { now: () => Date.now() }
    await using store = await createLevelStore({ clock }, { folder: join(folder, 'store') })
    const parts = components({ clock })
    let signed = 0
    let flushes = 0
    let events = 0
    const sign: typeof parts.keys.sign = (message) => {
      signed += 1
      return parts.keys.sign(message)
    }
    const highWater = createHighWaterFile({ hash: sha256 }, { path: join(folder, 'mark') })
    await using log = await createLog({ ...parts, keys: { ...parts.keys, sign }, store, highWater })
    log.onSealed(() => (flushes += 1))
    const end = performance.now() + 2_000
    const append = async (channel: ChannelId): Promise<void> => {
      while (performance.now() < end) {
        await log.append(draft(channel, 'a message'.padEnd(190, 'x')))
        events += 1
      }
    }
    await Promise.all(Array.from({ length: 200 }, () => append(channelId())))
    await until(() => log.stats().unsealed === 0, 5)
    const label = 'the log alone, 200 feeds at a time'
    return [
      hearthRow({
        label: `${label}: signatures per flush`,
        unit: '',
        digits: 2,
        figure: signed / flushes,
        expected: { atMost: 1 },
      }),
      hearthRow({ label: `${label}: events per signature`, unit: 'events', figure: events / signed }),
    ]
  },
}

const backfill: HearthMeasure = {
  name: 'backfill',
  run: async ({ historyEvents, sizes }, folder) => {
    await using near = await startSite('near', '127.0.0.31', folder)
    await using far = await startSite('far', '127.0.0.32', folder)
    await fill(near, historyEvents, sizes.patienceSeconds)
    const { link } = await near.ask(z.object({ link: z.string() }), 'invite create', { remote: true })
    const { code } = await far.ask(z.object({ code: z.string() }), 'invite create', {})
    const user = 'visitor' as UserName
    const url = far.node.ready.addresses.mqtt
    await using visitor = await connectClient({ url, user, password: `${code}:${randomUUID()}` })
    await visitor.subscribe(`u/${user}/reply`)

    const entriesBefore = await entriesOf(far)
    const pair = { pids: () => ({ near: near.node.pid, far: far.node.pid }) }
    const began = performance.now()
    const since = (): number => (performance.now() - began) / 1_000
    const joined = await callNode(visitor, user, serverJoin, { invite: link })
    const { channels } = await callNode(visitor, user, channelList, { server: joined.server })
    const filled = channels.filter(({ handle }) => handle.startsWith('fill'))
    const isUsable = async (): Promise<boolean> => {
      const ask = ({ id }: { id: ChannelId }) => callNode(visitor, user, history, { channel: id, limit: 50 })
      return (await Promise.all(filled.map(ask))).every(({ events }) => events.length >= 50)
    }
    let usable: number | undefined
    while (usable === undefined && since() < sizes.patienceSeconds) {
      if (filled.length === fillChannels && (await isUsable())) usable = since()
      else await delay(lookMs)
    }
    // Entries of the far node: its own few, the governance, and what was said.
    const entriesThen = await entriesOf(far)
    const historyFrom = since()
    const busy = await meterBusy(pair)
    let entries = entriesThen
    while (entries - entriesBefore < historyEvents && since() < sizes.patienceSeconds) {
      await delay(lookMs)
      entries = await entriesOf(far)
    }
    const seconds = since()
    const shares = await busy()
    const got = entries - entriesBefore
    const of = `a server of ${historyEvents.toLocaleString('en')} events`
    return [
      hearthRow({
        label: `joining ${of}: name, channels, newest 50 of each`,
        unit: 's',
        digits: 2,
        figure: usable,
        expected: { atMost: 2 },
        faults: usable === undefined ? [`Hearth: not all channels have their newest 50`] : [],
      }),
      hearthRow({
        label: `– its history, once it is usable (${(entries - entriesThen).toLocaleString('en')} events)`,
        unit: 'events/s',
        figure: (entries - entriesThen) / (seconds - historyFrom),
        expected: { atLeast: 50_000 },
        busy: shares,
      }),
      hearthRow({
        label: '– from the join to the last event',
        unit: 'events/s',
        figure: got / seconds,
        faults: got < historyEvents ? [`Hearth: ${got} of ${historyEvents} events after ${seconds.toFixed(0)} s`] : [],
      }),
    ]
  },
}

export const hearthMeasures: readonly HearthMeasure[] = [durable, heal, idleLink, signatures, backfill]

/** Ten channels, said by ten people at a time. */
const fill = async (site: HearthSite, events: number, patienceSeconds: number): Promise<void> => {
  const logins = await site.logins(fillChannels)
  await inParallel(fillChannels, async (index) => {
    const login = logins[index]
    if (login === undefined) throw new RangeError('too few logins')
    const input = { server: site.node.firstRun.server, channel: `fill${index}` }
    const { id } = await site.ask(z.object({ id: z.string() }), 'channel create', input)
    const session = await site.connect(login)
    const speaker = {
      send: (text: string) => session.publish(`c/${id}/say`, text),
      acknowledged: () => session.acknowledged,
      heard: 0,
      onHeard: undefined,
      close: () => session.close(),
    }
    await say(speaker, { from: 0, to: events / fillChannels, window: 500, patienceSeconds })
    session.close()
  })
}

const entriesOf = async (site: HearthSite): Promise<number> =>
  (await site.ask(z.looseObject({ entries: z.number() }), 'status', {})).entries

/** Bytes that all sockets on these ports have sent, each end of a link counted once (ss(8)). */
const bytesOnPorts = async (ports: readonly number[]): Promise<number> => {
  const filter = ports.flatMap((port) => ['or', 'sport', '=', `:${port}`, 'or', 'dport', '=', `:${port}`]).slice(1)
  const { stdout } = await promisify(execFile)('ss', ['-tinH', 'state', 'established', '(', ...filter, ')'], {
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/bin:/bin:/usr/sbin:/sbin` },
  })
  const sent = [...stdout.matchAll(/\bbytes_sent:(\d+)/g)].map((found) => Number(found[1]))
  if (sent.length === 0) throw new Error('no link between the nodes was found')
  return sent.reduce((total, bytes) => total + bytes, 0)
}

const durableChannels = 50
const fillChannels = 10
const linkSettlesMs = 5_000
/** Each look is a command to the node that is measured, and costs it a millisecond or two. */
const lookMs = 25
/** Generous for a digest of 32 bytes each way every half minute, and pings. */
const idleBytesPerMinuteMax = 16 * 1024
