import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ErrorCode } from '../spec/errors.ts'
import type { Backlog, Clock, Logger, OutboundMessage, Policy, SessionStore } from './components.ts'
import { Connection, type ConnectionParts } from './connection.ts'
import { createEngine, type Engine } from './engine.ts'
import { FanOut } from './fan-out.ts'
import type { Broker, ConnectedSession } from './index.ts'
import { listen, type Listener, type ListenOptions } from './listen.ts'
import { Member, type MemberParts } from './member.ts'
import { newCounters, type BrokerMetrics } from './metrics.ts'
import { TopicNames } from './mqtt/packets.ts'
import type { Outbox } from './outbox.ts'
import { PreAuth } from './pre-auth.ts'
import { Retained } from './retained.ts'
import { Sessions } from './sessions.ts'
import { Turn } from './turn.ts'
import { binaryOf, createWebSocketDoor } from './web-socket.ts'

export interface BrokerComponents<P> {
  readonly policy: Policy<P>
  readonly backlog: Backlog<P>
  readonly sessions: SessionStore
  readonly clock: Clock
  readonly logger: Logger
}

export interface BrokerInit {
  /** Topics with a retained message; default 10,000. */
  readonly retainedTopicsMax?: number
  /** Connections of one address that have not logged in; default of `limits`. */
  readonly preAuthPerAddressMax?: number
  /** Client ids for clients that name none. */
  readonly newClientId?: () => string
}

const sweepMs = 1_000
const expireEverySweeps = 60
const renewEverySweeps = 3_600
const tcpKeepAliveMs = 60_000

/** See `Broker`; it takes connections after `start()`. */
export function createBroker<P>(components: BrokerComponents<P>, init: BrokerInit = {}): Broker<P> {
  return new RunningBroker(components, init)
}

class RunningBroker<P> implements Broker<P> {
  private readonly turn = new Turn()
  private readonly counters = newCounters()
  private readonly blocked = new Set<Outbox>()
  private readonly connections = new Set<Connection<P>>()
  private readonly listeners = new Set<Listener>()
  private readonly fanOut: FanOut<P>
  private readonly retained: Retained
  private readonly stored: Sessions<P>
  private readonly memberParts: MemberParts<P>
  private readonly webSockets = createWebSocketDoor((webSocket, socket, address) =>
    this.attachWebSocket(webSocket, socket, address),
  )
  private readonly components: BrokerComponents<P>
  private readonly init: BrokerInit
  private connectionParts: ConnectionParts<P> | undefined
  private engine: Engine | undefined
  private sweeper: NodeJS.Timeout | undefined
  private sweeps = 0
  private lastSerial = 0

  constructor(components: BrokerComponents<P>, init: BrokerInit) {
    const { policy, backlog, clock, logger, sessions } = components
    const nextSerial = (): number => ++this.lastSerial
    const nowMs = (): number => clock.now()
    const position = (): number => backlog.position
    this.components = components
    this.init = init
    this.fanOut = new FanOut(policy, { nextSerial, nowMs })
    this.retained = new Retained({ topicsMax: init.retainedTopicsMax ?? 10_000, nowMs })
    this.stored = new Sessions({ store: sessions, clock, logger, position })
    this.memberParts = {
      policy,
      backlog,
      logger,
      fanOut: this.fanOut,
      retained: this.retained,
      sessions: this.stored,
      names: new TopicNames(),
      counters: this.counters,
      position,
      nextSerial,
      nowMs,
    }
  }

  async start(): Promise<void> {
    await this.stored.load()
    this.engine = await createEngine()
    this.connectionParts = {
      policy: this.components.policy,
      logger: this.components.logger,
      engine: this.engine,
      preAuth: new PreAuth(this.init.preAuthPerAddressMax),
      counters: this.counters,
      newClientId: this.init.newClientId ?? randomUUID,
      outboxParts: {
        turn: this.turn,
        counters: this.counters,
        blocked: this.blocked,
        nextSerial: this.memberParts.nextSerial,
        nowMs: this.memberParts.nowMs,
      },
      takeOver: (sessionKey) => this.stored.get(sessionKey)?.link?.takenOver(),
      join: (connection, { connected, packet }) => {
        this.stored.get(connected.sessionKey)?.link?.takenOver()
        this.counters.connects++
        return new Member(this.memberParts, connection, connected, packet)
      },
      left: (connection) => this.connections.delete(connection),
    }
    this.sweeper = setInterval(() => this.sweep(), sweepMs).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.sweeper)
    const closing = [...this.listeners].map((listener) => listener.close())
    for (const connection of this.connections) connection.shutDown()
    await this.engine?.close()
    this.engine = undefined
    this.connectionParts = undefined
    await this.stored.write()
    await Promise.all(closing)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async listen(options: ListenOptions): Promise<Listener> {
    const listener = await listen(options, (socket, from) => this.attach(socket, from))
    this.listeners.add(listener)
    return listener
  }

  attach(socket: Socket, from: { readonly transport: 'tcp' | 'tls'; readonly address: string }): void {
    const connection = this.open(socket, from.transport, from.address, undefined)
    if (connection) socket.on('data', (chunk: Buffer) => connection.feed(chunk))
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, address?: string): void {
    this.webSockets.handleUpgrade(request, socket, head, address)
  }

  publish(message: OutboundMessage): void {
    if (message.retain === true && !this.retained.keep(message)) {
      this.components.logger.warn({ event: 'retained-full', topic: message.topic }, 'a retained message was not kept')
    }
    this.fanOut.publish(message)
  }

  subscriberCount(topic: string): number {
    return this.fanOut.subscriberCount(topic)
  }

  hasSubscribers(topic: string): boolean {
    return this.fanOut.subscriberCount(topic) > 0
  }

  sessions(): ConnectedSession<P>[] {
    const connected: ConnectedSession<P>[] = []
    for (const { key, link, subscriptions } of this.stored.values()) {
      if (!link) continue
      const { principal, address, transport, protocolVersion, connectedAtMs } = link
      const filters = [...subscriptions.keys()]
      connected.push({ principal, sessionKey: key, address, transport, protocolVersion, connectedAtMs, filters })
    }
    return connected
  }

  disconnect(isMeant: (principal: P, sessionKey: string) => boolean, code: ErrorCode, reason?: string): number {
    const meant = [...this.stored.values()].filter(({ link, key }) => link && isMeant(link.principal, key))
    for (const { link } of meant) link!.fail(code, reason)
    return meant.length
  }

  forget(sessionKey: string, code: ErrorCode, reason?: string): void {
    const session = this.stored.get(sessionKey)
    session?.link?.fail(code, reason)
    if (session) this.stored.forget(session)
  }

  permissionsChanged(): void {
    this.fanOut.permissionsChanged()
  }

  metrics(): BrokerMetrics {
    let connections = 0
    for (const { link } of this.stored.values()) if (link) connections++
    return { ...this.counters, connections, sessions: this.stored.size, retained: this.retained.size }
  }

  private attachWebSocket(webSocket: WebSocket, socket: Socket, address: string): void {
    const connection = this.open(socket, 'ws', address, webSocket)
    if (!connection) return
    webSocket.on('error', () => socket.destroy())
    webSocket.on('message', (data, isBinary) => {
      const bytes = binaryOf(data, isBinary)
      if (bytes) connection.feed(bytes)
      else webSocket.close(1003)
    })
  }

  private open(
    socket: Socket,
    transport: 'tcp' | 'tls' | 'ws',
    address: string,
    webSocket: WebSocket | undefined,
  ): Connection<P> | undefined {
    if (!this.connectionParts) {
      socket.destroy()
      return undefined
    }
    socket.setNoDelay(true)
    socket.setKeepAlive(true, tcpKeepAliveMs)
    const connection = new Connection(this.connectionParts, { socket, transport, address, webSocket })
    this.connections.add(connection)
    socket.on('drain', () => connection.drained())
    socket.on('error', ignore)
    socket.on('close', () => connection.closed())
    return connection
  }

  private sweep(): void {
    const nowMs = this.components.clock.now()
    for (const outbox of this.blocked) if (outbox.isStalled(nowMs)) outbox.cut()
    this.sweeps++
    if (this.sweeps % expireEverySweeps === 0) this.stored.expire()
    if (this.sweeps % renewEverySweeps === 0) this.stored.renew()
  }
}

/** A socket's `close` event follows and says all that matters. */
function ignore(): void {}
