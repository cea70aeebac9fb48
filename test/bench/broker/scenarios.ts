import type { GeneratorClient, Load, Measured } from './generator.ts'
import type { ChannelTopics, Hear, Target } from './target.ts'

/** What issue 2 asks for: a ratio to Mosquitto in the same run, or a limit of its own. */
export type Expected = { readonly ratioAtLeast: number } | { readonly atMost: number } | undefined

export interface Metric {
  readonly label: string
  readonly unit: string
  /** Digits after the point. */
  readonly digits?: number
  readonly of: (result: Measured) => number
  readonly expected: Expected
}

export interface LoadScenario {
  /** What `--only` looks at. */
  readonly name: string
  readonly shape: Shape
  readonly qos: 0 | 1
  readonly window: number
  readonly rate?: number
  /** Before it is measured; 500. */
  readonly warmMs?: number
  readonly hear: Hear
  readonly metrics: readonly Metric[]
}

/**
 * `fan-out`: one publisher, 500 subscribers. `own`: 200 clients, each talks and listens in a channel of its own.
 * `pairs`: the same channels with a connection for each end. `one`: one publisher, one subscriber.
 */
export type Shape = 'fan-out' | 'own' | 'pairs' | 'one'

const payloadBytes = 200
const subscribers = 500
const ownChannels = 200

/** What a target must hold for every load scenario. */
export const loadNeeds = { logins: subscribers + 1, channels: ownChannels }

const deliveries = (label: string, expected: Expected): Metric => ({
  label,
  unit: 'deliveries/s',
  of: (result) => result.deliveriesPerSecond,
  expected,
})

const fanOut = (qos: 0 | 1, window: number, hear: Hear, expected: Expected): LoadScenario => ({
  name: `fan-out-qos${qos}-w${window}-${hear}`,
  shape: 'fan-out',
  qos,
  window,
  hear,
  metrics: [deliveries(`fan-out to ${subscribers}, QoS ${qos}, window ${window}, ${hear}`, expected)],
})

const messages = (label: string, expected: Expected): Metric => ({
  label,
  unit: 'messages/s',
  of: (result) => result.messagesPerSecond,
  expected,
})

export const loadScenarios: readonly LoadScenario[] = [
  fanOut(0, 20, 'events', { ratioAtLeast: 10 }),
  fanOut(0, 20, 'lines', { ratioAtLeast: 10 }),
  fanOut(1, 20, 'events', { ratioAtLeast: 4 }),
  fanOut(1, 20, 'lines', { ratioAtLeast: 4 }),
  fanOut(0, 1, 'events', { ratioAtLeast: 0.9 }),
  fanOut(0, 1, 'lines', { ratioAtLeast: 0.9 }),
  fanOut(1, 1, 'events', { ratioAtLeast: 0.8 }),
  fanOut(1, 1, 'lines', { ratioAtLeast: 0.8 }),
  {
    name: 'own-channel-qos1-w10',
    shape: 'own',
    qos: 1,
    window: 10,
    hear: 'events',
    metrics: [messages(`${ownChannels} clients, own channel each, QoS 1, window 10`, { ratioAtLeast: 1 })],
  },
  {
    name: 'pairs-qos1-w10',
    shape: 'pairs',
    qos: 1,
    window: 10,
    hear: 'events',
    metrics: [messages(`${ownChannels} pairs of clients, own channel each, QoS 1, window 10`, undefined)],
  },
  {
    name: 'latency',
    shape: 'one',
    qos: 1,
    window: 1,
    rate: 1_000,
    // Compiled code: the first thousands of messages after a start wait for V8's compiler (docs/figures.md).
    warmMs: 4_000,
    hear: 'events',
    metrics: [
      {
        label: '1,000 messages/s, QoS 1, send → receive, p50',
        unit: 'ms',
        digits: 3,
        of: (result) => result.p50Us / 1_000,
        expected: { atMost: 1 },
      },
      {
        label: '1,000 messages/s, QoS 1, send → receive, p99',
        unit: 'ms',
        digits: 3,
        of: (result) => result.p99Us / 1_000,
        expected: { atMost: 5 },
      },
    ],
  },
]

/** The scenario as the generator runs it against a target. */
export const loadOf = (scenario: LoadScenario, target: Target, measureMs: number): Load => ({
  port: target.port,
  brokerPid: target.pid,
  clients: clientsOf(scenario, target),
  version: 4,
  qos: scenario.qos,
  window: scenario.window,
  rate: scenario.rate,
  payloadBytes,
  warmMs: scenario.warmMs ?? 500,
  measureMs,
})

const clientsOf = ({ shape, hear }: LoadScenario, target: Target): GeneratorClient[] => {
  const topics = (index: number): ChannelTopics => target.channel(index, hear)
  const speakers = speakersOf[shape]
  return target.logins(speakers + listenersOf[shape]).map((login, index) => {
    const { publish, subscribe } = topics(index % speakers)
    if (listenersOf[shape] === 0) return { group: index, ...login, publish, subscribe }
    const group = index % speakers
    return index < speakers ? { group, ...login, publish } : { group, ...login, subscribe }
  })
}

const speakersOf: Record<Shape, number> = { 'fan-out': 1, own: ownChannels, pairs: ownChannels, one: 1 }
/** 0: the speaker listens itself. */
const listenersOf: Record<Shape, number> = { 'fan-out': subscribers, own: 0, pairs: ownChannels, one: 1 }
