/** What every pair is put through, the same for all. */
import { setTimeout as delay } from 'node:timers/promises'
import { meterBusy, type Busy } from './busy.ts'
import type { Conversation, Pair, Person, Room } from './pair.ts'

export interface Sizes {
  /** How long a rate is measured, in ms. */
  readonly measureMs: number
  readonly conversations: number
  /** Messages of one conversation that are not yet delivered and acknowledged. */
  readonly window: number
  readonly membersPerSide: number
  /** Messages of a room that not all members have heard yet. */
  readonly roomWindow: number
  readonly missed: number
  readonly lostMessages: number
  readonly outageSeconds: number
  /** How long is waited for what does not come, in s. */
  readonly patienceSeconds: number
}

/** Metrics by their key; undefined: it did not happen in time. */
export type Figures = Readonly<Record<string, number | undefined>>

export interface Measured {
  readonly figures: Figures
  readonly busy: Busy
  /** Anything that makes a figure worthless. */
  readonly faults: readonly string[]
}

export interface Scenario {
  /** What `--only` looks at. */
  readonly name: string
  /** Measured once a run, whatever the rounds. */
  readonly once: boolean
  /** The far server is killed: wants a pair of its own. */
  readonly kills: boolean
  run(pair: Pair, sizes: Sizes): Promise<Measured>
}

/** 190 characters with the number in front. */
const textOf = (index: number | string): string => `${index} `.padEnd(190, 'x')
const numberOf = (text: string): number => Number(text.slice(0, text.indexOf(' ')))

const latency: Scenario = {
  name: 'dm-latency',
  once: false,
  kills: false,
  run: async (pair, { measureMs, patienceSeconds }) => {
    const [{ near, far }] = (await pair.dms(1)) as [Conversation]
    const sentAt: number[] = []
    const taken: number[] = []
    far.onHeard = (text) => taken.push(performance.now() - (sentAt[numberOf(text)] ?? Number.NaN))
    const busy = await meterBusy(pair)
    const count = Math.ceil((measureMs / 1_000) * latencyPerSecond)
    const began = performance.now()
    for (let index = 0; index < count; index += 1) {
      const due = began + (index * 1_000) / latencyPerSecond
      await delay(Math.max(0, due - performance.now()))
      sentAt[index] = performance.now()
      near.send(textOf(index))
    }
    const whole = await until(() => taken.length >= count, patienceSeconds)
    taken.sort((a, b) => a - b)
    const quantile = (part: number): number | undefined => taken[Math.floor(taken.length * part)]
    return {
      figures: { p50: quantile(0.5), p99: quantile(0.99) },
      busy: await busy(),
      faults: whole ? [] : [`${count - taken.length} of ${count} did not arrive`],
    }
  },
}

const throughput: Scenario = {
  name: 'dm-throughput',
  once: false,
  kills: false,
  run: async (pair, sizes) => {
    const conversations = await pair.dms(sizes.conversations)
    const flows = conversations.map(({ near, far }) => flow({ speaker: near, listeners: [far], window: sizes.window }))
    const { delivered, seconds, busy, faults } = await rateOf(pair, flows, sizes)
    for (const { near, far } of conversations) for (const person of [near, far]) person.close()
    return { figures: { perSecond: delivered / seconds }, busy, faults }
  },
}

const room: Scenario = {
  name: 'room',
  once: true,
  kills: false,
  run: async (pair, sizes) => {
    const began = performance.now()
    const { everybody, speakers }: Room = await pair.room(sizes.membersPerSide)
    const joinSeconds = (performance.now() - began) / 1_000
    // What the joining sets off (everybody is told of everybody) is over.
    await settled(everybody)
    const [first, second] = speakers as [Person, Person]
    // Both sides talk in turn: the window is of the room.
    let turn = 0
    const speaker = {
      send: (text: string) => (turn++ % 2 === 0 ? first : second).send(text),
      acknowledged: () =>
        first.acknowledged() === undefined ? undefined : (first.acknowledged() ?? 0) + (second.acknowledged() ?? 0),
    }
    const flows = [flow({ speaker, listeners: everybody, window: sizes.roomWindow })]
    const { delivered, seconds, busy, faults } = await rateOf(pair, flows, sizes)
    for (const person of everybody) person.close()
    return { figures: { perSecond: (delivered * everybody.length) / seconds, joinSeconds }, busy, faults }
  },
}

const catchUp: Scenario = {
  name: 'catch-up',
  once: true,
  kills: true,
  run: async (pair, { missed, patienceSeconds }) => {
    const { near, back } = await pair.room(1)
    await pair.killFar()
    await say(near, { from: 0, to: missed, window: 500, patienceSeconds: patienceSeconds * 2 })
    await pair.restartFar()
    const busy = await meterBusy(pair)
    const began = performance.now()
    const texts = new Set<number>()
    const listening = await withPatience(
      back((text) => texts.add(numberOf(text))),
      patienceSeconds,
    )
    const whole = listening !== undefined && (await until(() => texts.size >= missed, patienceSeconds))
    const seconds = (performance.now() - began) / 1_000
    listening?.[Symbol.dispose]()
    return {
      figures: { seconds: whole ? seconds : undefined },
      busy: await busy(),
      faults: whole ? [] : [`${texts.size} of ${missed} messages there after ${seconds.toFixed(0)} s`],
    }
  },
}

const outage: Scenario = {
  name: 'outage',
  once: true,
  kills: true,
  run: async (pair, { lostMessages, outageSeconds, patienceSeconds }) => {
    const [{ near, far, back }] = (await pair.dms(1)) as [Conversation]
    const arrived = new Set<number>()
    let lastArrival = 0
    let probed: number | undefined
    const hear = (text: string): void => {
      if (text.startsWith('probe')) probed ??= performance.now()
      else if (!Number.isNaN(numberOf(text)) && !arrived.has(numberOf(text))) {
        arrived.add(numberOf(text))
        lastArrival = performance.now()
      }
    }
    far.onHeard = hear
    const busy = await meterBusy(pair)
    // A tenth before, the rest while the far server is away.
    const before = Math.floor(lostMessages / 10)
    const pauseMs = (outageSeconds * 1_000) / (lostMessages - before)
    const sayPaced = async (from: number, to: number): Promise<void> => {
      const began = performance.now()
      for (let index = from; index < to; index += 1) {
        await delay(Math.max(0, began + (index - from) * pauseMs - performance.now()))
        near.send(textOf(index))
      }
    }
    await sayPaced(0, before)
    await pair.killFar()
    await sayPaced(before, lostMessages)
    await pair.restartFar()
    const returned = performance.now()
    using _listening = await back(hear)
    for (let asked = 0; performance.now() - returned < patienceSeconds * 1_000; asked += 1) {
      if (probed !== undefined && (arrived.size === lostMessages || performance.now() - probed > graceMs)) break
      if (asked % 5 === 0 && probed === undefined) near.send(textOf(`probe${asked}`))
      await delay(100)
    }
    return {
      figures: {
        arrived: arrived.size,
        heals: probed === undefined ? undefined : (probed - returned) / 1_000,
        whole: arrived.size === lostMessages ? Math.max(0, lastArrival - returned) / 1_000 : undefined,
      },
      busy: await busy(),
      faults: probed === undefined ? [`no message gets across within ${patienceSeconds} s of the return`] : [],
    }
  },
}

export const scenarios: readonly Scenario[] = [latency, throughput, room, catchUp, outage]

const latencyPerSecond = 100
/** After the first message that gets across, others may be on their way. */
const graceMs = 5_000

/** A stream of messages with a window: as fast as they are delivered to all, and acknowledged where that exists. */
export interface Flow {
  sent(): number
  delivered(): number
  /** Sends what fits. */
  fill(): void
  stop(): void
}

export const flow = (init: {
  readonly speaker: Pick<Person, 'send' | 'acknowledged'>
  readonly listeners: readonly Person[]
  readonly window: number
}): Flow => {
  const { speaker, listeners, window } = init
  const heardBefore = sum(listeners.map(({ heard }) => heard))
  const acknowledgedBefore = speaker.acknowledged() ?? 0
  let sent = 0
  let stopped = false
  const delivered = (): number => {
    const everywhere = Math.floor((sum(listeners.map(({ heard }) => heard)) - heardBefore) / listeners.length)
    const acknowledged = speaker.acknowledged()
    return acknowledged === undefined ? everywhere : Math.min(everywhere, acknowledged - acknowledgedBefore)
  }
  return {
    sent: () => sent,
    delivered,
    fill: () => {
      for (let free = window - (sent - delivered()); free > 0 && !stopped; free -= 1) speaker.send(textOf((sent += 1)))
    },
    stop: () => {
      stopped = true
    },
  }
}

/** Warms up for a fifth of the time, measures, and lets everything arrive. */
export const rateOf = async (
  pair: Pair,
  flows: readonly Flow[],
  { measureMs, patienceSeconds }: Pick<Sizes, 'measureMs' | 'patienceSeconds'>,
): Promise<{ delivered: number; seconds: number; busy: Busy; faults: string[] }> => {
  const total = (): number => sum(flows.map((one) => one.delivered()))
  const pump = async (ms: number): Promise<void> => {
    const end = performance.now() + ms
    while (performance.now() < end) {
      for (const one of flows) one.fill()
      await delay(1)
    }
  }
  await pump(measureMs / 5)
  const busy = await meterBusy(pair)
  const [before, began] = [total(), performance.now()]
  await pump(measureMs)
  const [delivered, seconds] = [total() - before, (performance.now() - began) / 1_000]
  const shares = await busy()
  for (const one of flows) one.stop()
  const sent = sum(flows.map((one) => one.sent()))
  await until(() => total() >= sent, patienceSeconds)
  const faults = total() === sent ? [] : [`${sent - total()} of ${sent} not delivered and acknowledged`]
  return { delivered, seconds, busy: shares, faults }
}

/** Says `from` up to `to`, as fast as the own server acknowledges; where nothing is acknowledged, 2,000 a second. */
export const say = async (
  speaker: Person,
  { from, to, window, patienceSeconds }: { from: number; to: number; window: number; patienceSeconds: number },
): Promise<void> => {
  const heardBefore = speaker.heard
  const before = speaker.acknowledged() ?? 0
  // In a room one hears oneself: as good as an acknowledgement.
  const done = (): number =>
    speaker.acknowledged() === undefined ? speaker.heard - heardBefore : (speaker.acknowledged() ?? 0) - before
  for (let index = from; index < to; index += 1) {
    if (!(await until(() => index - from - done() < window, patienceSeconds))) throw new Error('the near server stalls')
    speaker.send(textOf(index))
  }
  if (!(await until(() => done() >= to - from, patienceSeconds))) throw new Error('the near server stalls')
}

/** Looks every millisecond. False: not in time. */
export const until = async (isTrue: () => boolean, seconds: number): Promise<boolean> => {
  const end = performance.now() + seconds * 1_000
  while (!isTrue()) {
    if (performance.now() > end) return false
    await delay(1)
  }
  return true
}

/** Nobody has heard anything for half a second. */
const settled = async (people: readonly Person[]): Promise<void> => {
  for (let last = -1, tries = 0; tries < 100; tries += 1) {
    const now = sum(people.map(({ heard }) => heard))
    if (now === last) return
    last = now
    await delay(500)
  }
}

const withPatience = async <T>(work: Promise<T>, seconds: number): Promise<T | undefined> =>
  Promise.race([work.catch(() => undefined), delay(seconds * 1_000, undefined, { ref: false })])

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
