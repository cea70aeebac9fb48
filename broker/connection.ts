import type { Socket } from 'node:net'
import { errorTable, type ErrorCode } from '../spec/errors.ts'
import { limits } from '../spec/limits.ts'
import type { Connected, Logger, Policy } from './components.ts'
import { connectRequest, refusalOf } from './connect.ts'
import type { Engine, EngineLink, LinkOwner } from './engine.ts'
import type { Member } from './member.ts'
import { countCutOff, type Counters, type CutOffReason } from './metrics.ts'
import { decodeConnect, type ConnectPacket, type WillPacket } from './mqtt/connect-packet.ts'
import { encodeConnack, encodeDisconnect } from './mqtt/frames.ts'
import { PacketError } from './mqtt/packet-error.ts'
import { PacketScanner } from './mqtt/packet-scanner.ts'
import type { PacketSpan } from './mqtt/packets.ts'
import { connackReason, connackReturnCode, disconnectReason, reason, reasonText } from './mqtt/reason-codes.ts'
import { Outbox, type OutboxParts } from './outbox.ts'
import type { PreAuth, PreAuthConnection } from './pre-auth.ts'

export interface ConnectionParts<P> {
  readonly policy: Policy<P>
  readonly engine: Engine
  readonly preAuth: PreAuth
  readonly outboxParts: OutboxParts
  readonly counters: Counters
  readonly logger: Logger
  readonly newClientId: () => string
  /** Makes the logged-in side and attaches its session. */
  readonly join: (connection: Connection<P>, init: MemberInit<P>) => Member<P>
  readonly left: (connection: Connection<P>) => void
  /** Ends the connection that holds the session now (MQTT 5 §3.1.4). */
  readonly takeOver: (sessionKey: string) => void
}

export interface MemberInit<P> {
  readonly connected: Connected<P>
  readonly packet: ConnectPacket
}

export interface ConnectionInit {
  readonly socket: Socket
  readonly address: string
  readonly transport: 'tcp' | 'tls' | 'ws'
  /** WebSocket: its own way to stop, resume and close. */
  readonly webSocket: { pause(): void; resume(): void; close(): void } | undefined
}

/** How long a closing socket may take to hand over its last packet. */
const lingerMs = 1_000

/** One socket, from accept to close: guards what comes in, until and after the client has logged in. */
export class Connection<P> implements LinkOwner, PreAuthConnection {
  readonly address: string
  readonly transport: 'tcp' | 'tls' | 'ws'
  readonly outbox: Outbox
  hasSpoken = false
  private readonly parts: ConnectionParts<P>
  private readonly socket: Socket
  private readonly webSocket: ConnectionInit['webSocket']
  private readonly scanner = new PacketScanner(limits.connectPacketBytesMax)
  private readonly sink = (packet: PacketSpan): boolean => this.receive(packet)
  private connectTimer: NodeJS.Timeout | undefined
  private state: 'silent' | 'joining' | 'joined' | 'closed' = 'silent'
  private joining: (MemberInit<P> & { readonly assignedClientId: string | undefined }) | undefined
  private link: EngineLink | undefined
  private member: Member<P> | undefined

  constructor(parts: ConnectionParts<P>, init: ConnectionInit) {
    this.parts = parts
    this.socket = init.socket
    this.webSocket = init.webSocket
    this.address = init.address
    this.transport = init.transport
    this.outbox = new Outbox(parts.outboxParts, {
      socket: init.socket,
      isWebSocket: init.webSocket !== undefined,
      cutOff: () => queueMicrotask(() => this.fail('SLOW_CONSUMER')),
    })
    parts.preAuth.add(this)
    this.connectTimer = setTimeout(() => this.stop('CONNECT_TIMEOUT'), limits.connectTimeoutMs)
  }

  get isVersion5(): boolean {
    return this.outbox.isVersion5
  }

  /** Bytes from the client. */
  feed(chunk: Buffer): void {
    if (this.state === 'closed') return
    this.parts.counters.bytesIn += chunk.length
    this.link?.touch()
    this.scan(() => this.scanner.feed(chunk, this.sink))
    if (this.scanner.keptBytes > 2 * limits.packetBytesMax) this.stop('PROTOCOL_ERROR')
  }

  drained(): void {
    this.outbox.drained()
  }

  /** The socket is gone. */
  closed(): void {
    this.finish()
  }

  pause(): void {
    ;(this.webSocket ?? this.socket).pause()
  }

  resume(): void {
    if (this.state !== 'closed') (this.webSocket ?? this.socket).resume()
  }

  /** Ends the connection for a named reason; MQTT 5 clients are told (§3.14). */
  fail(code: ErrorCode, why?: string): void {
    this.stop(code, disconnectReason(code), reasonText(code, why))
  }

  /** Something that was being done for the client has failed. */
  broken(error: unknown): void {
    if (error instanceof PacketError) this.stop('PROTOCOL_ERROR', error.reasonCode, error.message)
    else {
      this.parts.logger.error({ event: 'connection-failed', error }, 'a packet could not be worked on')
      this.fail('INTERNAL')
    }
  }

  evict(): void {
    this.stop('PRE_AUTH_LIMIT')
  }

  takenOver(): void {
    this.stop('SESSION_TAKEN_OVER', reason.sessionTakenOver, 'another connection took the session over')
  }

  shutDown(): void {
    this.disconnect(reason.serverShuttingDown, 'the node is stopping')
    this.end()
  }

  // LinkOwner: what aedes says.

  answered(code: number): void {
    const joining = this.joining
    if (this.state !== 'joining' || !joining) return
    if (code !== 0) {
      this.refuse(code, undefined)
      return
    }
    this.state = 'joined'
    this.joining = undefined
    this.parts.preAuth.remove(this)
    this.scanner.bytesMax = limits.packetBytesMax
    this.member = this.parts.join(this, joining)
    this.outbox.write(this.member.connack(joining.packet, joining.assignedClientId))
    this.member.start(joining.packet)
    this.resume()
    this.scan(() => this.scanner.resume(this.sink))
  }

  write(bytes: Buffer): void {
    if (this.state === 'joined') this.outbox.write(bytes)
  }

  keepAliveTimedOut(): void {
    this.stop('KEEP_ALIVE_TIMEOUT', reason.keepAliveTimeout, 'nothing was heard within one and a half keep-alives')
  }

  publishWill(will: WillPacket): void {
    this.member?.publishWill(will)
  }

  /** Closes after what was written is out. */
  end(): void {
    if (this.state === 'closed') return
    this.outbox.flush()
    this.finish()
    if (this.webSocket) this.webSocket.close()
    else this.socket.end()
    if (!this.socket.destroyed) setTimeout(() => this.socket.destroy(), lingerMs).unref()
  }

  private scan(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.broken(error)
    }
  }

  private receive(packet: PacketSpan): boolean {
    if (this.state === 'joined') {
      this.member!.receive(packet, this.link!)
      return true
    }
    if (this.state !== 'silent') return false
    if (packet.head !== 0x10) throw new PacketError(reason.protocolError, 'the first packet is not CONNECT')
    this.hasSpoken = true
    this.state = 'joining'
    clearTimeout(this.connectTimer)
    this.connectTimer = undefined
    this.pause()
    this.connect(packet)
    return false
  }

  private connect(span: PacketSpan): void {
    const packet = decodeConnect(span)
    const refusal = refusalOf(packet)
    if (refusal || 'otherVersion' in packet) {
      this.parts.logger.info({ event: 'connect-refused', address: this.address }, refusal!.why)
      this.reject(refusal!.answer)
      return
    }
    this.outbox.isVersion5 = packet.protocolVersion === 5
    void this.login(packet)
  }

  private async login(packet: ConnectPacket): Promise<void> {
    const assignedClientId = packet.clientId === '' ? this.parts.newClientId() : undefined
    const { address, transport } = this
    const request = connectRequest(packet, { address, transport, clientId: assignedClientId ?? packet.clientId })
    let outcome
    try {
      outcome = await this.parts.policy.connect(request)
    } catch (error) {
      this.parts.logger.error({ event: 'login-failed', error }, 'a login could not be decided')
      outcome = { ok: false, code: 'INTERNAL', reason: errorTable.INTERNAL.text } as const
    }
    if (this.state !== 'joining') return
    if (!outcome.ok) {
      this.refuse(
        this.isVersion5 ? connackReason(outcome.code) : connackReturnCode(outcome.code),
        reasonText(outcome.code, outcome.reason),
      )
      return
    }
    this.parts.takeOver(outcome.value.sessionKey)
    this.joining = { connected: outcome.value, packet, assignedClientId }
    this.link = this.parts.engine.open(this, packet, outcome.value.sessionKey)
  }

  private refuse(code: number, reasonString: string | undefined): void {
    this.reject(encodeConnack({ isVersion5: this.isVersion5, sessionPresent: false, code, reasonString }))
  }

  private reject(connack: Buffer): void {
    this.parts.counters.connectsRefused++
    this.outbox.write(connack)
    this.end()
  }

  private stop(why: CutOffReason, reasonCode?: number, text?: string): void {
    if (this.state === 'closed') return
    countCutOff(this.parts.counters, why)
    const fields = { event: 'connection-ended', why, address: this.address, session: this.member?.session.key }
    this.parts.logger.info(fields, text ?? why)
    if (reasonCode !== undefined) this.disconnect(reasonCode, text)
    this.end()
  }

  private disconnect(reasonCode: number, text: string | undefined): void {
    this.outbox.flush()
    if (this.state === 'joined' && this.isVersion5) this.outbox.write(encodeDisconnect(reasonCode, text))
  }

  private finish(): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    clearTimeout(this.connectTimer)
    this.parts.preAuth.remove(this)
    this.member?.leave(this.link!.sessionExpirySeconds)
    this.outbox.close()
    this.link?.closed()
    this.parts.left(this)
  }
}
