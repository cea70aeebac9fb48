import type { OutboundMessage, Policy } from './components.ts'
import { encodePublish } from './mqtt/frames.ts'
import { messageProperties } from './mqtt/properties.ts'
import { hasWildcard, matches } from './mqtt/topics.ts'
import type { Source } from './outbox.ts'
import type { SessionLink, Subscription } from './session.ts'

interface Kept {
  readonly message: OutboundMessage
  readonly expiresAtMs: number
}

/** The last retained message of each topic (MQTT 5 §3.3.1.3); bounded: a new topic past the bound is not kept. */
export class Retained {
  private readonly kept = new Map<string, Kept>()
  private readonly topicsMax: number
  private readonly nowMs: () => number

  constructor(init: { readonly topicsMax: number; readonly nowMs: () => number }) {
    this.topicsMax = init.topicsMax
    this.nowMs = init.nowMs
  }

  get size(): number {
    return this.kept.size
  }

  /** False when there is no room for another topic. */
  keep(message: OutboundMessage): boolean {
    if (message.payload.length === 0) {
      this.kept.delete(message.topic)
      return true
    }
    if (this.kept.size >= this.topicsMax && !this.kept.has(message.topic)) return false
    const seconds = message.messageExpirySeconds
    const expiresAtMs = seconds === undefined ? Infinity : this.nowMs() + seconds * 1_000
    this.kept.set(message.topic, { message, expiresAtMs })
    return true
  }

  /** With what is left of its expiry. */
  get(topic: string): OutboundMessage | undefined {
    const kept = this.kept.get(topic)
    if (!kept) return undefined
    if (kept.expiresAtMs === Infinity) return kept.message
    const leftMs = kept.expiresAtMs - this.nowMs()
    if (leftMs > 0) return { ...kept.message, messageExpirySeconds: Math.ceil(leftMs / 1_000) }
    this.kept.delete(topic)
    return undefined
  }

  topics(filter: string): string[] {
    if (!hasWildcard(filter)) return this.kept.has(filter) ? [filter] : []
    return [...this.kept.keys()].filter((topic) => matches(filter, topic))
  }
}

/** So many go out at once, then so many per second (threat 16). */
const burstMax = 1_000
const perSecond = 2_000
/** Looking at so many topics costs as much of the allowance as one message. */
const scannedPerMessage = 100

/** Retained messages on their way to one client, no faster than it reads and than the rate allows. */
export class RetainedFeed<P> implements Source {
  private readonly retained: Retained
  private readonly policy: Pick<Policy<P>, 'canReceive'>
  private readonly link: SessionLink<P>
  private readonly parts: { readonly nextSerial: () => number; readonly nowMs: () => number }
  /** Subscriptions whose retained messages are still to come; the first one's topics are in `topics`. */
  private readonly queue = new Map<string, Subscription<P>>()
  private topics: readonly string[] | undefined
  private at = 0
  private allowance = burstMax
  private countedAtMs = 0
  private timer: NodeJS.Timeout | undefined

  constructor(
    retained: Retained,
    policy: Pick<Policy<P>, 'canReceive'>,
    link: SessionLink<P>,
    parts: { readonly nextSerial: () => number; readonly nowMs: () => number },
  ) {
    this.retained = retained
    this.policy = policy
    this.link = link
    this.parts = parts
  }

  /** Everything that the subscription matches when its turn comes. */
  add(subscription: Subscription<P>): void {
    if (this.queue.size === 0) this.link.outbox.addSource(this)
    this.queue.set(subscription.filter, subscription)
  }

  stop(): void {
    clearTimeout(this.timer)
    this.queue.clear()
  }

  pull(): boolean {
    this.refill()
    for (const [filter, subscription] of this.queue) {
      if (!this.pullOne(subscription)) break
      this.queue.delete(filter)
    }
    if (this.queue.size === 0) {
      this.link.outbox.removeSource(this)
      return false
    }
    if (this.allowance >= 1) return true
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.link.outbox.wake()
    }, 50)
    return false
  }

  /** True when nothing is left of it. */
  private pullOne(subscription: Subscription<P>): boolean {
    if (this.topics === undefined) {
      this.topics = this.retained.topics(subscription.filter)
      this.at = 0
      this.allowance -= hasWildcard(subscription.filter) ? this.retained.size / scannedPerMessage : 0
    }
    while (this.at < this.topics.length) {
      if (!this.link.outbox.hasRoom || this.allowance < 1) return false
      if (this.send(this.topics[this.at++]!, subscription)) this.allowance--
    }
    this.topics = undefined
    return true
  }

  private refill(): void {
    const nowMs = this.parts.nowMs()
    this.allowance = Math.min(burstMax, this.allowance + ((nowMs - this.countedAtMs) * perSecond) / 1_000)
    this.countedAtMs = nowMs
  }

  private send(topic: string, { session, filter, qos: qosMax, id }: Subscription<P>): boolean {
    const message = this.retained.get(topic)
    if (!message || !session.subscriptions.has(filter)) return false
    if (!this.policy.canReceive(this.link.principal, topic)) return false
    if (message.isWithheldFrom?.(session.key) === true) return false
    const qos = Math.min(message.qos, qosMax) as 0 | 1 | 2
    const frame = encodePublish({
      topic,
      payload: message.payload,
      qos,
      serial: qos === 0 ? 0 : this.parts.nextSerial(),
      retain: true,
      duplicate: false,
      properties: this.link.isVersion5 ? messageProperties(message) : undefined,
      subscriptionIds: this.link.isVersion5 && id !== undefined ? [id] : [],
      position: undefined,
      expiresAt: undefined,
    })
    if (frame.bytes.length > this.link.outbox.packetBytesMax) return false
    this.link.outbox.send(frame)
    return true
  }
}
