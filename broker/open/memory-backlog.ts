import type { Backlog, Clock, OutboundMessage } from '../components.ts'
import { matches } from '../mqtt/topics.ts'
import type { OpenPrincipal } from './index.ts'

interface Kept {
  readonly message: OutboundMessage
  readonly expiresAtMs: number
}

/** QoS 1 and 2 messages in the order of arrival, for sessions that are away; the oldest go first. */
export class MemoryBacklog implements Backlog<OpenPrincipal> {
  position = 0
  private kept: Kept[] = []
  /** Where the oldest message stands in `kept`. */
  private first = 0
  private bytes = 0
  private readonly messagesMax: number
  private readonly bytesMax: number
  private readonly clock: Clock

  constructor(init: { readonly messagesMax: number; readonly bytesMax: number; readonly clock: Clock }) {
    this.messagesMax = init.messagesMax
    this.bytesMax = init.bytesMax
    this.clock = init.clock
  }

  /** Returns the position of the message. */
  append(message: OutboundMessage): number {
    const seconds = message.messageExpirySeconds
    const expiresAtMs = seconds === undefined ? Infinity : this.clock.now() + seconds * 1_000
    const position = ++this.position
    this.kept.push({ message: { ...message, position, retain: false }, expiresAtMs })
    this.bytes += message.payload.length
    while (this.kept.length - this.first > this.messagesMax || this.bytes > this.bytesMax) this.drop()
    return position
  }

  async read(
    _principal: OpenPrincipal,
    filters: readonly string[],
    from: number,
    limit: number,
  ): Promise<{ messages: OutboundMessage[]; to: number }> {
    const messages: OutboundMessage[] = []
    const nowMs = this.clock.now()
    let to = Math.max(from, this.position - (this.kept.length - this.first))
    while (to < this.position && messages.length < limit) {
      const { message, expiresAtMs } = this.kept[this.kept.length - (this.position - to)]!
      to++
      if (expiresAtMs <= nowMs || !filters.some((filter) => matches(filter, message.topic))) continue
      const left = { messageExpirySeconds: Math.ceil((expiresAtMs - nowMs) / 1_000) }
      messages.push(expiresAtMs === Infinity ? message : { ...message, ...left })
    }
    return { messages, to }
  }

  private drop(): void {
    this.bytes -= this.kept[this.first++]!.message.payload.length
    if (this.first < this.messagesMax) return
    this.kept = this.kept.slice(this.first)
    this.first = 0
  }
}
