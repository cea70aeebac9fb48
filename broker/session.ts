import type { ErrorCode } from '../spec/errors.ts'
import type { StoredSession } from './components.ts'
import type { Unacknowledged } from './in-flight.ts'
import type { Frame } from './mqtt/frames.ts'
import { matches } from './mqtt/topics.ts'
import type { Outbox } from './outbox.ts'

/** One held topic filter of one session; the topic index holds these. */
export interface Subscription<P> {
  readonly session: Session<P>
  readonly filter: string
  readonly qos: 0 | 1 | 2
  readonly id: number | undefined
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: number
  /** Position of the log when it was made: a replay brings nothing older. */
  readonly since: number
}

/** The connected side of a session. */
export interface SessionLink<P> {
  readonly principal: P
  readonly outbox: Outbox
  readonly isVersion5: boolean
  readonly protocolVersion: 3 | 4 | 5
  readonly address: string
  readonly transport: 'tcp' | 'tls' | 'ws'
  readonly connectedAtMs: number
  takenOver(): void
  /** Ends the connection, naming the reason. */
  fail(code: ErrorCode, reason?: string): void
}

/** A catch-up under way. */
export interface RunningReplay {
  /** Everything up to here was sent, or is no message of this session. */
  readonly scannedTo: number
  /** What stands at `position` and was not sent. */
  pending(position: number): MessageKey[]
  /** Still unacknowledged from an earlier connection, and not sent again yet. */
  notResent(): Unacknowledged[]
  stop(): void
}

/** What outlives a connection (MQTT 5 §4.1): subscriptions, and how far the client has acknowledged. */
export class Session<P> {
  readonly key: string
  readonly subscriptions = new Map<string, Subscription<P>>()
  /** Counts changes of `subscriptions`, so that a replay notices them. */
  revision = 0
  link: SessionLink<P> | undefined
  replay: RunningReplay | undefined
  /** How long it stays without a connection; 0: it ends with its connection. */
  expirySeconds = 0
  /** Unix ms; `Infinity` while connected. */
  expiresAtMs = Infinity
  /** Everything up to here was handed to the client at least once, except `missing`. */
  sentTo: number
  /** Sent and not acknowledged when the client left. */
  unacknowledged: readonly Unacknowledged[] = []
  /** At `sentTo`, but not sent: several topics may share one position. */
  missing: readonly MessageKey[] = []
  /** Packet ids of QoS 2 messages from the client: false while the policy works, true when PUBREC is sent. */
  incoming: Map<number, boolean> | undefined

  constructor(key: string, position: number) {
    this.key = key
    this.sentTo = position
  }

  get isPersistent(): boolean {
    return this.expirySeconds > 0
  }

  /** Everything up to here was acknowledged, as of the last `note`. */
  get cursor(): number {
    let cursor = this.sentTo
    for (const { position } of this.unacknowledged) {
      if (position !== undefined && position <= cursor) cursor = position - 1
    }
    for (const { position } of this.missing) if (position <= cursor) cursor = position - 1
    return cursor
  }

  /** Writes down what the outbox has sent so far. */
  note(logPosition: number): void {
    const { link, replay } = this
    if (!link) return
    const waiting = replayable(link.outbox.waiting())
    const unacknowledged = link.outbox.inFlight.unacknowledged()
    if (replay) {
      this.sentTo = Math.max(this.sentTo, replay.scannedTo)
      this.missing = [...replay.pending(this.sentTo), ...waiting.filter((frame) => frame.position <= this.sentTo)]
      this.unacknowledged = [...unacknowledged, ...replay.notResent()]
      return
    }
    const first = waiting[0]
    this.sentTo = first ? Math.max(this.sentTo, link.outbox.sentTo) : Math.max(this.sentTo, logPosition)
    this.missing = waiting.filter((frame) => frame.position <= this.sentTo)
    this.unacknowledged = unacknowledged
  }

  stored(logPosition: number, expiresAt: number): StoredSession {
    const subscriptions = [...this.subscriptions.values()].map((held) => ({
      filter: held.filter,
      qos: held.qos,
      ...(held.id === undefined ? {} : { subscriptionId: held.id }),
      noLocal: held.noLocal,
      retainAsPublished: held.retainAsPublished,
      retainHandling: held.retainHandling,
      since: held.since,
    }))
    this.note(logPosition)
    return { sessionKey: this.key, subscriptions, cursor: this.cursor, expiresAt }
  }
}

export interface MessageKey {
  readonly topic: string
  readonly position: number
}

/** The one delivery that several overlapping subscriptions of a client add up to (MQTT 5 §3.3.4). */
export interface Delivery {
  qos: 0 | 1 | 2
  ids: number[]
  retainAsPublished: boolean
  /** Every matching subscription wants nothing of its own client. */
  noLocal: boolean
}

export function merge<P>(into: Delivery | undefined, subscription: Subscription<P>): Delivery {
  const { qos, id, retainAsPublished, noLocal } = subscription
  if (into === undefined) return { qos, ids: id === undefined ? [] : [id], retainAsPublished, noLocal }
  if (qos > into.qos) into.qos = qos
  if (id !== undefined && !into.ids.includes(id)) into.ids.push(id)
  into.retainAsPublished ||= retainAsPublished
  into.noLocal &&= noLocal
  return into
}

/** How one message of the log reaches a session, undefined when no subscription asks for it. */
export function deliveryOf<P>(session: Session<P>, topic: string, position: number): Delivery | undefined {
  let delivery: Delivery | undefined
  for (const subscription of session.subscriptions.values()) {
    if (subscription.since < position && matches(subscription.filter, topic)) delivery = merge(delivery, subscription)
  }
  return delivery
}

/** Of the frames, those that a replay would bring again. */
function replayable(frames: readonly Frame[]): MessageKey[] {
  return frames.flatMap(({ qos, mark: { topic, position } }) =>
    qos > 0 && position !== undefined ? [{ topic, position }] : [],
  )
}
