import type { Socket } from 'node:net'
import { limits } from '../spec/limits.ts'
import { InFlight, owes } from './in-flight.ts'
import type { Counters } from './metrics.ts'
import { encodeAck, withSerial, type Frame } from './mqtt/frames.ts'
import { webSocketMessage, type Run, type Turn } from './turn.ts'

/** What an outbox shares with all others of its broker. */
export interface OutboxParts {
  readonly turn: Turn
  readonly counters: Counters
  readonly nextSerial: () => number
  readonly nowMs: () => number
  /** Outboxes whose socket takes nothing at the moment. */
  readonly blocked: Set<Outbox>
}

export interface OutboxInit {
  readonly socket: Socket
  readonly isWebSocket: boolean
  /** Called once, when the client reads too slowly. */
  readonly cutOff: () => void
}

/** Gives more frames when there is room: a backfill, retained messages. */
export interface Source {
  /** Sends some; true when it has more to send at once. Called again when there is room. */
  pull(): boolean
}

/** Takes over live frames that must not pass a backfill. */
export interface Diversion {
  /** Whether the frame was taken over. */
  takes(frame: Frame): boolean
}

/** As much is handed to the socket at once when a client is behind. */
const pumpBytes = 64 * 1024
/** Before CONNECT nothing is ever in flight. */
const idle = new InFlight(0)

/**
 * Output of one connection: frames in order, at most a window of them unacknowledged, one write per
 * turn. What does not go out yet waits as references to shared frames, up to `backlogBytesMax`.
 */
export class Outbox {
  /** Session key, for no-local. */
  sessionKey = ''
  inFlight = idle
  isVersion5 = false
  /** Maximum Packet Size of the client (MQTT 5 §3.1.2.11.4). */
  packetBytesMax = Infinity
  /** Highest position that was sent. */
  sentTo = 0
  private readonly parts: OutboxParts
  private readonly socket: Socket
  private readonly isWebSocket: boolean
  private readonly cutOff: () => void
  private tail: Run | undefined
  private control: Buffer[] | undefined
  private acks: number[] | undefined
  private isDirty = false
  /** Any reason to look closer before sending: blocked, waiting frames, a diversion. */
  private isSlow = false
  private isBlocked = false
  private isCut = false
  private isClosed = false
  private held: Frame[] | undefined
  private heldAt = 0
  private heldBytes = 0
  private blockedAtMs = 0
  private diversion: Diversion | undefined
  private sources: Source[] | undefined

  constructor(parts: OutboxParts, init: OutboxInit) {
    this.parts = parts
    this.socket = init.socket
    this.isWebSocket = init.isWebSocket
    this.cutOff = init.cutOff
  }

  /** Live frames come in here. */
  deliver(frame: Frame): void {
    if (frame.bytes.length > this.packetBytesMax) return
    if (this.isSlow || (frame.qos !== 0 && this.inFlight.isFull)) this.hold(frame)
    else this.send(frame)
  }

  /** For frames of a source, which asks `hasRoom` before. */
  send(frame: Frame): void {
    const { mark, qos } = frame
    if (qos !== 0 && !this.inFlight.add(mark, qos === 1 ? owes.puback : owes.pubrec)) {
      this.send(withSerial(frame, this.parts.nextSerial()))
      return
    }
    this.parts.counters.messagesOut++
    if (mark.position !== undefined) this.sentTo = mark.position
    if (this.tail === undefined) {
      this.tail = this.parts.turn.root.append(frame)
      this.touch()
    } else this.tail = this.tail.append(frame)
  }

  get hasRoom(): boolean {
    return (
      !this.isClosed && !this.isBlocked && this.held === undefined && !this.inFlight.isFull && this.runBytes < pumpBytes
    )
  }

  /** A packet that is no PUBLISH: it goes out before this turn's messages. */
  write(packet: Buffer): void {
    this.touch()
    if (this.acks !== undefined) this.control = [this.takeControl()!]
    if (this.control) this.control.push(packet)
    else this.control = [packet]
  }

  /** PUBACK with success: the frequent ones share one buffer per turn. */
  acknowledge(id: number): void {
    this.touch()
    if (this.acks) this.acks.push(id)
    else this.acks = [id]
  }

  acknowledged(id: number, owed: number): void {
    if (this.inFlight.acknowledge(id, owed) && (this.isSlow || this.sources)) this.touch()
  }

  /** PUBREC of a client; a refused message is done (MQTT 5 §4.3.3). */
  received(id: number, reasonCode: number): void {
    if (reasonCode >= 0x80) {
      this.acknowledged(id, owes.pubrec)
      return
    }
    const isKnown = this.inFlight.received(id)
    if (!isKnown && !this.isVersion5) return
    const fields = { isVersion5: this.isVersion5, reasonCode: isKnown ? 0 : 0x92, reasonString: undefined }
    this.write(encodeAck({ type: 'pubrel', id, ...fields }))
  }

  divert(diversion: Diversion | undefined): void {
    this.diversion = diversion
    this.updateSlow()
  }

  addSource(source: Source): void {
    if (this.sources) this.sources.push(source)
    else this.sources = [source]
    this.touch()
  }

  removeSource(source: Source): void {
    const rest = this.sources?.filter((other) => other !== source)
    this.sources = rest && rest.length > 0 ? rest : undefined
  }

  /** A source may have more to give. */
  wake(): void {
    this.touch()
  }

  /** Frames that were accepted and not sent. */
  waiting(): readonly Frame[] {
    return this.held?.slice(this.heldAt) ?? []
  }

  /** Writes what this turn holds; called once per turn by `Turn`. */
  flush(): void {
    if (this.isClosed) return
    const hasMore = this.isBlocked ? false : this.fill()
    this.isDirty = false
    const before = this.takeControl()
    const run = this.tail
    this.tail = undefined
    if (run === undefined) {
      if (before !== undefined) this.put(this.isWebSocket ? webSocketMessage(before) : before)
    } else if (before === undefined) this.put(this.isWebSocket ? run.webSocketBytes() : run.bytes())
    else {
      const bytes = Buffer.concat([before, run.bytes()])
      this.put(this.isWebSocket ? webSocketMessage(bytes) : bytes)
    }
    if (hasMore && !this.isBlocked) this.touch()
  }

  /** The socket has taken everything. */
  drained(): void {
    if (!this.isBlocked) return
    this.isBlocked = false
    this.parts.blocked.delete(this)
    this.updateSlow()
    this.touch()
  }

  /** Ends the connection: its client reads too slowly. */
  cut(): void {
    if (this.isCut) return
    this.isCut = true
    this.cutOff()
  }

  isStalled(nowMs: number): boolean {
    return this.isBlocked && nowMs - this.blockedAtMs >= limits.backlogStallMs
  }

  /** Nothing goes out any more, except what the socket already has. */
  close(): void {
    this.isClosed = true
    this.tail = undefined
    this.control = undefined
    this.sources = undefined
    this.isSlow = true
    this.parts.blocked.delete(this)
  }

  private hold(frame: Frame): void {
    if (this.isClosed || this.isCut || this.diversion?.takes(frame)) return
    if (this.held) this.held.push(frame)
    else this.held = [frame]
    this.heldBytes += frame.bytes.length
    this.isSlow = true
    if (this.heldBytes + this.socket.writableLength > limits.backlogBytesMax) this.cut()
    else if (!this.isBlocked) this.touch()
  }

  /** Adds what waits to this turn, as far as window and socket allow; true when more could go out at once. */
  private fill(): boolean {
    if (this.held !== undefined) {
      const nowMs = this.parts.nowMs()
      while (this.heldAt < this.held.length && this.runBytes < pumpBytes) {
        const frame = this.held[this.heldAt]!
        if (frame.qos !== 0 && this.inFlight.isFull) break
        this.heldAt++
        this.heldBytes -= frame.bytes.length
        if (frame.expiresAt === undefined || frame.expiresAt > nowMs) this.send(frame)
      }
      this.trimHeld()
      this.updateSlow()
      if (this.held !== undefined) return this.runBytes >= pumpBytes
    }
    return this.sources !== undefined && this.hasRoom && this.sources[0]!.pull() && !this.inFlight.isFull
  }

  private trimHeld(): void {
    if (this.held === undefined) return
    if (this.heldAt === this.held.length) this.held = undefined
    else if (this.heldAt > 1_000 && this.heldAt * 2 > this.held.length) this.held = this.held.slice(this.heldAt)
    else return
    this.heldAt = 0
  }

  private get runBytes(): number {
    return this.tail === undefined ? 0 : this.tail.bytesTotal
  }

  private put(bytes: Buffer): void {
    this.parts.counters.bytesOut += bytes.length
    if (this.socket.write(bytes)) return
    if (!this.isBlocked) {
      this.isBlocked = true
      this.blockedAtMs = this.parts.nowMs()
      this.isSlow = true
      this.parts.blocked.add(this)
    }
    if (this.heldBytes + this.socket.writableLength > limits.backlogBytesMax) this.cut()
  }

  /** Acknowledgements go out in the order of the messages. */
  private takeControl(): Buffer | undefined {
    const { acks, control } = this
    if (acks === undefined && control === undefined) return undefined
    this.acks = undefined
    this.control = undefined
    if (acks === undefined) return control!.length === 1 ? control![0] : Buffer.concat(control!)
    const bytes = pubacks(acks)
    return control === undefined ? bytes : Buffer.concat([...control, bytes])
  }

  private touch(): void {
    if (this.isDirty || this.isClosed) return
    this.isDirty = true
    this.parts.turn.add(this)
  }

  private updateSlow(): void {
    this.isSlow = this.isClosed || this.isBlocked || this.held !== undefined || this.diversion !== undefined
  }
}

function pubacks(ids: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(ids.length * 4)
  let at = 0
  for (const id of ids) {
    bytes[at] = 0x40
    bytes[at + 1] = 2
    bytes[at + 2] = id >> 8
    bytes[at + 3] = id & 0xff
    at += 4
  }
  return bytes
}
