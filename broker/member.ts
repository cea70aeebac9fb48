import type { ErrorCode } from '../spec/errors.ts'
import { limits } from '../spec/limits.ts'
import type { Backlog, Connected, Logger, Policy } from './components.ts'
import { sessionExpirySeconds } from './connect.ts'
import type { EngineLink } from './engine.ts'
import type { FanOut } from './fan-out.ts'
import { Gate, inboundMessage, topicAliasMaximum } from './gate.ts'
import { InFlight, owes } from './in-flight.ts'
import type { Counters } from './metrics.ts'
import { decodeDisconnect, type ConnectPacket, type WillPacket } from './mqtt/connect-packet.ts'
import { encodeAck, encodeConnack, packetId } from './mqtt/frames.ts'
import { PacketError } from './mqtt/packet-error.ts'
import type { PacketSpan, TopicNames } from './mqtt/packets.ts'
import { reason } from './mqtt/reason-codes.ts'
import type { Outbox } from './outbox.ts'
import { Replay } from './replay.ts'
import { RetainedFeed, type Retained } from './retained.ts'
import type { Session, SessionLink, Subscription } from './session.ts'
import type { Sessions } from './sessions.ts'
import { subscribe, unsubscribe, type SubscribingParts } from './subscribing.ts'

export interface MemberParts<P> extends SubscribingParts<P> {
  readonly policy: Policy<P>
  readonly backlog: Backlog<P>
  readonly fanOut: FanOut<P>
  readonly retained: Retained
  readonly sessions: Sessions<P>
  readonly names: TopicNames
  readonly counters: Counters
  readonly logger: Logger
  readonly nextSerial: () => number
  readonly nowMs: () => number
}

/** The connection below. */
export interface MemberConnection {
  readonly outbox: Outbox
  readonly address: string
  readonly transport: 'tcp' | 'tls' | 'ws'
  pause(): void
  resume(): void
  fail(code: ErrorCode, text?: string): void
  takenOver(): void
  broken(error: unknown): void
}

/** Messages in flight to one client, whatever Receive Maximum it allows. */
const inFlightMax = 1_000

/** A client that has logged in: its session, its packets. */
export class Member<P> implements SessionLink<P> {
  readonly principal: P
  readonly session: Session<P>
  readonly outbox: Outbox
  readonly isVersion5: boolean
  readonly protocolVersion: 3 | 4 | 5
  readonly wantsProblemInformation: boolean
  readonly address: string
  readonly transport: 'tcp' | 'tls' | 'ws'
  readonly connectedAtMs: number
  private readonly parts: MemberParts<P>
  private readonly connection: MemberConnection
  private readonly isPresent: boolean
  private gateOpened: Gate<P> | undefined
  private retainedFeed: RetainedFeed<P> | undefined

  /** Takes the session over from an older connection. */
  constructor(parts: MemberParts<P>, connection: MemberConnection, connected: Connected<P>, packet: ConnectPacket) {
    this.parts = parts
    this.connection = connection
    this.principal = connected.principal
    this.outbox = connection.outbox
    this.address = connection.address
    this.transport = connection.transport
    this.connectedAtMs = parts.nowMs()
    this.protocolVersion = packet.protocolVersion
    this.isVersion5 = packet.protocolVersion === 5
    this.wantsProblemInformation = packet.properties.wantsProblemInformation
    const { session, isPresent } = parts.sessions.open(connected.sessionKey, packet)
    this.session = session
    this.isPresent = isPresent
  }

  connack(packet: ConnectPacket, assignedClientId: string | undefined): Buffer {
    const requested = packet.properties.sessionExpirySeconds
    const granted = sessionExpirySeconds(packet)
    return encodeConnack({
      isVersion5: this.isVersion5,
      sessionPresent: this.isPresent,
      code: 0,
      assignedClientId,
      sessionExpirySeconds: requested === undefined || requested === granted ? undefined : granted,
      receiveMaximum: limits.qos2InFlightMax,
      packetBytesMax: limits.packetBytesMax,
      topicAliasMaximum,
    })
  }

  /** From here on the client gets messages; what it missed comes first. */
  start(packet: ConnectPacket): void {
    const { session, outbox, parts } = this
    const { receiveMaximum = 65_535, packetBytesMax = Infinity } = packet.properties
    outbox.sessionKey = session.key
    outbox.inFlight = new InFlight(Math.min(receiveMaximum, inFlightMax))
    outbox.packetBytesMax = packetBytesMax
    session.expirySeconds = sessionExpirySeconds(packet)
    session.expiresAtMs = Infinity
    if (this.isPresent) this.catchUp()
    session.link = this
    for (const subscription of session.subscriptions.values()) parts.fanOut.add(subscription)
    parts.sessions.touch(session)
    parts.policy.connected?.(this.principal, session.key)
  }

  receive(span: PacketSpan, engine: EngineLink): void {
    checkFlags(span.head)
    switch (span.head >> 4) {
      case 3:
        this.gate.publish(span)
        return
      case 4:
        this.gate.puback(span)
        this.parts.sessions.touch(this.session)
        return
      case 5:
        this.gate.pubrec(span)
        return
      case 6:
        this.gate.release(span)
        return
      case 7:
        this.gate.pubcomp(span)
        this.parts.sessions.touch(this.session)
        return
      case 8:
        this.settle(subscribe(this.parts, this, span))
        return
      case 10:
        this.settle(unsubscribe(this.parts, this, span))
        return
      case 12:
        engine.feed({ cmd: 'pingreq' })
        return
      case 14: {
        const { reasonCode, sessionExpirySeconds } = decodeDisconnect(span)
        const properties = sessionExpirySeconds === undefined ? {} : { sessionExpiryInterval: sessionExpirySeconds }
        engine.feed({ cmd: 'disconnect', reasonCode, properties })
        return
      }
      default:
        throw new PacketError(reason.protocolError, 'a packet that a client may not send here')
    }
  }

  /** The will goes the way of every message, as this client's principal (threat 5). */
  publishWill(will: WillPacket): void {
    const result = this.parts.policy.publish(
      this.principal,
      inboundMessage(will, { topic: will.topic, duplicate: false }),
    )
    result?.catch((error: unknown) =>
      this.parts.logger.error({ event: 'will-failed', error }, 'a will was not taken in'),
    )
  }

  /** The connection has gone; the session stays for so many seconds. */
  leave(expirySeconds: number): void {
    const { session, parts } = this
    this.retainedFeed?.stop()
    if (session.link !== this) return
    session.note(parts.backlog.position)
    session.replay?.stop()
    session.replay = undefined
    session.link = undefined
    for (const subscription of session.subscriptions.values()) parts.fanOut.remove(subscription)
    parts.sessions.park(session, expirySeconds)
    parts.policy.disconnected?.(this.principal, session.key)
  }

  sendRetained(subscription: Subscription<P>): void {
    if (this.parts.retained.size === 0) return
    this.retainedFeed ??= new RetainedFeed(this.parts.retained, this.parts.policy, this, this.parts)
    this.retainedFeed.add(subscription)
  }

  pause(): void {
    this.connection.pause()
  }

  resume(): void {
    this.connection.resume()
  }

  fail(code: ErrorCode, text?: string): void {
    this.connection.fail(code, text)
  }

  takenOver(): void {
    this.connection.takenOver()
  }

  private get gate(): Gate<P> {
    return (this.gateOpened ??= new Gate(this.parts, this))
  }

  /** QoS 2 messages that had arrived are completed at once; the rest comes from the log. */
  private catchUp(): void {
    const { session, outbox, parts } = this
    for (const { serial, owed, topic } of session.unacknowledged) {
      if (owed !== owes.pubcomp) continue
      outbox.inFlight.add({ serial, topic, position: undefined }, owed)
      const ack = { isVersion5: this.isVersion5, reasonCode: 0, reasonString: undefined }
      outbox.write(encodeAck({ type: 'pubrel', id: packetId(serial), ...ack }))
    }
    session.unacknowledged = session.unacknowledged.filter(({ owed }) => owed !== owes.pubcomp)
    if (session.cursor < parts.backlog.position) {
      const replay = new Replay(parts, session, this)
      session.replay = replay
      replay.start()
    }
    session.unacknowledged = []
    session.missing = []
  }

  private settle(work: Promise<void>): void {
    work.catch((error: unknown) => this.connection.broken(error))
  }
}

/** MQTT 5 §2.1.3: only PUBLISH uses its flags; PUBREL, SUBSCRIBE and UNSUBSCRIBE have 2, the others 0. */
function checkFlags(head: number): void {
  const type = head >> 4
  const expected = type === 6 || type === 8 || type === 10 ? 2 : 0
  if (type !== 3 && (head & 0x0f) !== expected) throw new PacketError(reason.malformedPacket, 'the flags are not valid')
}
