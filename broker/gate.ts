import { limits } from '../spec/limits.ts'
import type { InboundMessage, Logger, Outcome, Policy } from './components.ts'
import { owes } from './in-flight.ts'
import type { Counters } from './metrics.ts'
import { encodeAck } from './mqtt/frames.ts'
import { PacketError } from './mqtt/packet-error.ts'
import { decodeAck, decodePublish, type PacketSpan, type PublishPacket, type TopicNames } from './mqtt/packets.ts'
import { userPropertyRecord } from './mqtt/properties.ts'
import { isTopicName } from './mqtt/topics.ts'
import { pubackReason, reason, reasonText } from './mqtt/reason-codes.ts'
import type { Outbox } from './outbox.ts'
import type { Session } from './session.ts'

export interface GateParts<P> {
  readonly policy: Pick<Policy<P>, 'publish'>
  readonly names: TopicNames
  readonly logger: Logger
  readonly counters: Counters
}

/** The connection as its gate sees it. */
export interface GateLink<P> {
  readonly principal: P
  readonly session: Session<P>
  readonly outbox: Outbox
  readonly isVersion5: boolean
  readonly wantsProblemInformation: boolean
  /** Stops and resumes reading from the client. */
  readonly pause: () => void
  readonly resume: () => void
}

/** Messages of one client that the policy may work on at a time, before reading from it stops. */
const pendingMax = 512
export const topicAliasMaximum = 32

interface PendingAck {
  readonly id: number
  readonly qos: 0 | 1 | 2
  outcome: Outcome<void> | undefined
  next: PendingAck | undefined
}

const accepted: Outcome<void> = { ok: true, value: undefined }

/** A PUBLISH, or a will, as the policy sees it. */
export function inboundMessage(
  packet: Pick<PublishPacket, 'payload' | 'qos' | 'retain' | 'properties'>,
  { topic, duplicate }: { readonly topic: string; readonly duplicate: boolean },
): InboundMessage {
  const { payload, qos, retain } = packet
  const { responseTopic, correlationData, contentType, isUtf8, messageExpirySeconds } = packet.properties
  const userPropertyList = packet.properties.userProperties
  const userProperties = userPropertyList && userPropertyRecord(userPropertyList)
  return {
    topic,
    payload,
    qos,
    retain,
    duplicate,
    responseTopic,
    correlationData,
    userProperties,
    userPropertyList,
    contentType,
    isUtf8,
    messageExpirySeconds,
  }
}

/** Where messages of one client come in: to the policy in order, acknowledged in order, after the policy is done. */
export class Gate<P> {
  private readonly parts: GateParts<P>
  private readonly link: GateLink<P>
  /** A queue: the policy is done with `first` before anything behind it is acknowledged. */
  private first: PendingAck | undefined
  private last: PendingAck | undefined
  private pendingCount = 0
  private isPaused = false
  private aliases: Map<number, string> | undefined

  constructor(parts: GateParts<P>, link: GateLink<P>) {
    this.parts = parts
    this.link = link
  }

  publish(span: PacketSpan): void {
    const packet = decodePublish(span, this.link.isVersion5, this.parts.names)
    const { qos, id } = packet
    if (qos === 2 && this.isRepeated(id)) return
    this.parts.counters.messagesIn++
    const result = this.parts.policy.publish(this.link.principal, this.inbound(packet))
    if (result === undefined && this.first === undefined) {
      if (qos > 0) this.acknowledge(id, qos as 1 | 2, accepted)
      return
    }
    const entry: PendingAck = { id, qos, outcome: result === undefined ? accepted : undefined, next: undefined }
    this.enqueue(entry)
    result?.then(
      (outcome) => this.settle(entry, outcome),
      (error: unknown) => {
        this.parts.logger.error({ event: 'publish-failed', error }, 'a message could not be taken in')
        this.settle(entry, { ok: false, code: 'INTERNAL', reason: 'the node made an error' })
      },
    )
  }

  /** PUBREL of the client: its QoS 2 message is done with (MQTT 5 §4.3.3). */
  release(span: PacketSpan): void {
    const { id } = decodeAck(span)
    const isKnown = this.link.session.incoming?.delete(id) === true
    const reasonCode = isKnown || !this.link.isVersion5 ? 0 : 0x92
    this.link.outbox.write(encodeAck({ type: 'pubcomp', id, reasonCode, ...this.ackStyle(undefined) }))
  }

  puback(span: PacketSpan): void {
    this.link.outbox.acknowledged(decodeAck(span).id, owes.puback)
  }

  pubrec(span: PacketSpan): void {
    const { id, reasonCode } = decodeAck(span)
    this.link.outbox.received(id, reasonCode)
  }

  pubcomp(span: PacketSpan): void {
    this.link.outbox.acknowledged(decodeAck(span).id, owes.pubcomp)
  }

  /** A QoS 2 message that came before is not taken twice; it gets its PUBREC again. */
  private isRepeated(id: number): boolean {
    const incoming = (this.link.session.incoming ??= new Map())
    const known = incoming.get(id)
    if (known === undefined) {
      if (incoming.size >= limits.qos2InFlightMax) {
        throw new PacketError(reason.receiveMaximumExceeded, 'too many QoS 2 messages without PUBREL')
      }
      incoming.set(id, false)
      return false
    }
    if (known) this.acknowledge(id, 2, accepted)
    return true
  }

  private inbound(packet: PublishPacket): InboundMessage {
    const { properties } = packet
    const topic = properties.topicAlias === undefined ? packet.topic : this.resolveAlias(packet, properties.topicAlias)
    if (topic === '') throw new PacketError(reason.protocolError, 'the topic is empty')
    if (properties.responseTopic !== undefined && !isTopicName(properties.responseTopic)) {
      throw new PacketError(reason.protocolError, 'the response topic is not valid')
    }
    return inboundMessage(packet, { topic, duplicate: packet.duplicate })
  }

  /** MQTT 5 §3.3.2.3.4. */
  private resolveAlias({ topic }: PublishPacket, alias: number): string {
    if (alias === 0 || alias > topicAliasMaximum)
      throw new PacketError(reason.topicAliasInvalid, 'topic alias out of range')
    const aliases = (this.aliases ??= new Map())
    if (topic !== '') {
      aliases.set(alias, topic)
      return topic
    }
    const known = aliases.get(alias)
    if (known === undefined) throw new PacketError(reason.protocolError, 'the topic alias is not known')
    return known
  }

  private enqueue(entry: PendingAck): void {
    if (this.last) this.last.next = entry
    else this.first = entry
    this.last = entry
    if (++this.pendingCount < pendingMax || this.isPaused) return
    this.isPaused = true
    this.link.pause()
  }

  private settle(entry: PendingAck, outcome: Outcome<void>): void {
    entry.outcome = outcome
    while (this.first?.outcome !== undefined) {
      const { id, qos, outcome } = this.first
      if (qos > 0) this.acknowledge(id, qos as 1 | 2, outcome)
      this.first = this.first.next
      this.pendingCount--
    }
    if (this.first === undefined) this.last = undefined
    if (!this.isPaused || this.pendingCount > pendingMax / 2) return
    this.isPaused = false
    this.link.resume()
  }

  /** MQTT 3 has no negative acknowledgement: there the policy tells the client by a message. */
  private acknowledge(id: number, qos: 1 | 2, outcome: Outcome<void>): void {
    const { outbox, session, isVersion5 } = this.link
    if (qos === 2) {
      if (outcome.ok || !isVersion5) session.incoming?.set(id, true)
      else session.incoming?.delete(id)
    }
    if (qos === 1 && (outcome.ok || !isVersion5)) {
      outbox.acknowledge(id)
      return
    }
    const reasonCode = outcome.ok ? reason.success : pubackReason(outcome.code)
    const style = this.ackStyle(outcome.ok ? undefined : reasonText(outcome.code, outcome.reason))
    outbox.write(encodeAck({ type: qos === 1 ? 'puback' : 'pubrec', id, reasonCode, ...style }))
  }

  private ackStyle(reasonString: string | undefined): { isVersion5: boolean; reasonString: string | undefined } {
    const { isVersion5, wantsProblemInformation } = this.link
    return { isVersion5, reasonString: wantsProblemInformation ? reasonString : undefined }
  }
}
