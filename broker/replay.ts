import type { Backlog, Logger, OutboundMessage } from './components.ts'
import type { Unacknowledged } from './in-flight.ts'
import { encodePublish, type Frame } from './mqtt/frames.ts'
import { messageProperties } from './mqtt/properties.ts'
import type { Diversion, Outbox, Source } from './outbox.ts'
import { deliveryOf, type MessageKey, type RunningReplay, type Session, type SessionLink } from './session.ts'

export interface ReplayParts<P> {
  readonly backlog: Backlog<P>
  readonly logger: Logger
  readonly nextSerial: () => number
}

const pageSize = 200
const heldLiveMax = 1_000

/**
 * Catch-up of one persistent session in three phases: backfill (pages of the log, as fast as the
 * client acknowledges), cutover (in one turn, when the log has no more), live. While it runs, live
 * messages of the log are left to the pages, so that nothing is skipped, doubled or out of order.
 */
export class Replay<P> implements RunningReplay, Source, Diversion {
  scannedTo: number
  private readonly parts: ReplayParts<P>
  private readonly session: Session<P>
  private readonly outbox: Outbox
  private readonly link: SessionLink<P>
  /** Sent on an earlier connection and still unacknowledged: resent with DUP under the same packet id. */
  private readonly resends = new Map<string, Unacknowledged>()
  private readonly missing: readonly MessageKey[]
  private readonly sentBefore: number
  private page: readonly OutboundMessage[] = []
  private pageAt = 0
  /** How far `page` was read. */
  private readTo: number
  private isReading = false
  private isOver = false
  private heldLive: Frame[] = []

  constructor(parts: ReplayParts<P>, session: Session<P>, link: SessionLink<P>) {
    this.parts = parts
    this.session = session
    this.link = link
    this.outbox = link.outbox
    this.sentBefore = session.sentTo
    this.missing = session.missing
    for (const sent of session.unacknowledged) {
      if (sent.position !== undefined) this.resends.set(keyOf({ topic: sent.topic, position: sent.position }), sent)
    }
    this.scannedTo = session.cursor
    this.readTo = this.scannedTo
  }

  start(): void {
    this.outbox.divert(this)
    this.outbox.addSource(this)
  }

  stop(): void {
    this.isOver = true
  }

  pull(): boolean {
    if (this.isReading || this.isOver) return false
    while (this.pageAt < this.page.length && this.outbox.hasRoom) {
      const message = this.page[this.pageAt++]!
      this.scannedTo = Math.max(this.scannedTo, message.position ?? 0)
      this.send(message)
    }
    if (this.pageAt < this.page.length) return true
    this.scannedTo = this.readTo
    if (this.readTo >= this.parts.backlog.position) this.cutOver()
    else void this.read()
    return false
  }

  /** Diversion: live frames of the log wait for their turn, everything else passes. */
  takes(frame: Frame): boolean {
    const { position } = frame.mark
    if (position === undefined) return false
    if (this.isOver) {
      if (position <= this.readTo) return true
      this.outbox.divert(undefined)
      return false
    }
    if (frame.qos === 0) {
      this.heldLive.push(frame)
      if (this.heldLive.length > heldLiveMax) this.heldLive.shift()
    }
    return true
  }

  pending(position: number): MessageKey[] {
    const rest = this.page.slice(this.pageAt).filter((message) => message.position === position)
    const earlier = this.missing.filter((key) => key.position > this.scannedTo)
    return [...rest.map(({ topic }) => ({ topic, position })), ...earlier]
  }

  notResent(): Unacknowledged[] {
    return [...this.resends.values()]
  }

  private async read(): Promise<void> {
    this.isReading = true
    const { session } = this
    const filters: string[] = []
    for (const held of session.subscriptions.values()) if (held.qos > 0) filters.push(held.filter)
    const revision = session.revision
    try {
      const { messages, to } = await this.parts.backlog.read(this.link.principal, filters, this.readTo, pageSize)
      // A filter that came while the log was read may match what this page left out.
      if (revision === session.revision) {
        this.page = messages
        this.pageAt = 0
        this.readTo = to > this.readTo ? to : Math.max(to, this.parts.backlog.position)
      }
    } catch (error) {
      this.parts.logger.error({ event: 'replay-failed', session: session.key, error }, 'the log could not be read')
      this.isOver = true
      this.link.fail('STORE_FAILED')
      return
    } finally {
      this.isReading = false
    }
    if (!this.isOver) this.outbox.wake()
  }

  private send(message: OutboundMessage): void {
    const position = message.position ?? 0
    const key = keyOf({ topic: message.topic, position })
    const resend = this.resends.get(key)
    if (!resend && position <= this.sentBefore && !this.missing.some((missed) => keyOf(missed) === key)) return
    const delivery = deliveryOf(this.session, message.topic, position)
    if (!delivery || (delivery.noLocal && message.origin === this.session.key)) return
    this.resends.delete(key)
    const qos = Math.min(message.qos, delivery.qos) as 0 | 1 | 2
    const { isVersion5 } = this.link
    const frame = encodePublish({
      topic: message.topic,
      payload: message.payload,
      qos,
      serial: qos === 0 ? 0 : (resend?.serial ?? this.parts.nextSerial()),
      retain: false,
      duplicate: qos > 0 && resend !== undefined,
      properties: isVersion5 ? messageProperties(message) : undefined,
      subscriptionIds: isVersion5 ? delivery.ids : [],
      position,
      expiresAt: undefined,
    })
    if (frame.bytes.length <= this.outbox.packetBytesMax) this.outbox.send(frame)
  }

  /** In one turn: from here on live frames reach the client by themselves. */
  private cutOver(): void {
    this.isOver = true
    this.session.replay = undefined
    this.outbox.removeSource(this)
    if (this.readTo <= this.parts.backlog.position) this.outbox.divert(undefined)
    for (const frame of this.heldLive) this.outbox.deliver(frame)
    this.heldLive = []
  }
}

function keyOf({ topic, position }: MessageKey): string {
  return `${position}:${topic}`
}
