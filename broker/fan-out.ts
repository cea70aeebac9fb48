import type { OutboundMessage, Policy } from './components.ts'
import { encodePublish, type Frame } from './mqtt/frames.ts'
import { messageProperties } from './mqtt/properties.ts'
import { hasWildcard, matches } from './mqtt/topics.ts'
import type { Outbox } from './outbox.ts'
import { merge, type Delivery, type Session, type Subscription } from './session.ts'
import { TopicIndex } from './topic-index.ts'

/** Subscribers that get the same bytes of each message on a topic. */
interface Variant {
  readonly delivery: Delivery
  readonly isVersion5: boolean
  readonly members: Outbox[]
}

interface Route {
  readonly variants: readonly Variant[]
  readonly count: number
}

const routesMax = 4_096
const noRoute: Route = { variants: [], count: 0 }
const noBytes = new Uint8Array(0)

/** Who gets a message, and the one frame for all who get the same bytes. */
export class FanOut<P> {
  private readonly policy: Pick<Policy<P>, 'canReceive'>
  private readonly nextSerial: () => number
  private readonly nowMs: () => number
  private readonly index = new TopicIndex<Subscription<P>>()
  private readonly routes = new Map<string, Route>()

  constructor(
    policy: Pick<Policy<P>, 'canReceive'>,
    parts: { readonly nextSerial: () => number; readonly nowMs: () => number },
  ) {
    this.policy = policy
    this.nextSerial = parts.nextSerial
    this.nowMs = parts.nowMs
  }

  /** To everybody who is connected, subscribed and allowed; never waits. */
  publish(message: OutboundMessage): void {
    const route = this.route(message.topic)
    if (route.count === 0) return
    const encode = this.encoder(message)
    const { isWithheldFrom } = message
    for (const variant of route.variants) {
      const frame = encode(variant)
      const { members } = variant
      const excluded = variant.delivery.noLocal ? message.origin : undefined
      for (const member of members) {
        if (excluded !== undefined && member.sessionKey === excluded) continue
        if (isWithheldFrom?.(member.sessionKey) !== true) member.deliver(frame)
      }
    }
  }

  subscriberCount(topic: string): number {
    return this.route(topic).count
  }

  add(subscription: Subscription<P>): void {
    this.index.add(subscription.filter, subscription)
    this.forget(subscription.filter)
  }

  remove(subscription: Subscription<P>): void {
    this.index.remove(subscription.filter, subscription)
    this.forget(subscription.filter)
  }

  /** Every answer of `canReceive` is asked for again. */
  permissionsChanged(): void {
    this.routes.clear()
  }

  private forget(filter: string): void {
    if (!hasWildcard(filter)) this.routes.delete(filter)
    else for (const topic of this.routes.keys()) if (matches(filter, topic)) this.routes.delete(topic)
  }

  private route(topic: string): Route {
    const known = this.routes.get(topic)
    if (known) return known
    const route = this.resolve(topic)
    if (this.routes.size >= routesMax) this.routes.clear()
    this.routes.set(topic, route)
    return route
  }

  private resolve(topic: string): Route {
    const deliveries = new Map<Session<P>, Delivery>()
    this.index.match(topic, (subscription) => {
      deliveries.set(subscription.session, merge(deliveries.get(subscription.session), subscription))
    })
    if (deliveries.size === 0) return noRoute
    const variants = new Map<string, Variant>()
    let count = 0
    for (const [{ link }, delivery] of deliveries) {
      if (!link || !this.policy.canReceive(link.principal, topic)) continue
      count++
      const isVersion5 = link.isVersion5
      const { qos, retainAsPublished, noLocal, ids } = delivery
      const name = `${qos}${isVersion5}${retainAsPublished}${noLocal}${isVersion5 ? ids.join() : ''}`
      const variant = variants.get(name)
      if (variant) variant.members.push(link.outbox)
      else variants.set(name, { delivery, isVersion5, members: [link.outbox] })
    }
    return { variants: [...variants.values()], count }
  }

  private encoder(message: OutboundMessage): (variant: Variant) => Frame {
    const { topic, payload, position, messageExpirySeconds } = message
    const expiresAt = messageExpirySeconds === undefined ? undefined : this.nowMs() + messageExpirySeconds * 1_000
    let properties: Uint8Array | undefined
    let serial = 0
    return ({ delivery, isVersion5 }) => {
      const qos = Math.min(message.qos, delivery.qos) as 0 | 1 | 2
      if (qos > 0 && serial === 0) serial = this.nextSerial()
      if (isVersion5) properties ??= hasProperties(message) ? messageProperties(message) : noBytes
      return encodePublish({
        topic,
        payload,
        qos,
        serial: qos > 0 ? serial : 0,
        retain: message.retain === true && delivery.retainAsPublished,
        duplicate: false,
        properties: isVersion5 ? properties : undefined,
        subscriptionIds: isVersion5 ? delivery.ids : [],
        position,
        expiresAt,
      })
    }
  }
}

function hasProperties(message: OutboundMessage): boolean {
  return (
    message.userProperties !== undefined ||
    message.correlationData !== undefined ||
    message.contentType !== undefined ||
    message.responseTopic !== undefined ||
    message.isUtf8 !== undefined ||
    message.messageExpirySeconds !== undefined
  )
}
