import { Aedes, type Client, type Connection as AedesConnection } from 'aedes'
import { limits } from '../spec/limits.ts'
import type { ConnectPacket, WillPacket } from './mqtt/connect-packet.ts'
import { sessionExpirySeconds } from './connect.ts'

/** Who is behind an engine link: the connection in front of the client's socket. */
export interface LinkOwner {
  /** aedes has answered CONNECT: 0, or a reason (MQTT 5) or return code (MQTT 3). */
  answered(code: number): void
  /** Bytes from aedes to the client. */
  write(bytes: Buffer): void
  /** The client did not keep its keep-alive promise. */
  keepAliveTimedOut(): void
  /** aedes wants the connection closed. */
  end(): void
  /** The will is due; called at most once, possibly long after `end`. */
  publishWill(will: WillPacket): void
}

/**
 * aedes, reduced to what it is good at: the life of a connection. It judges CONNECT, answers PINGREQ
 * and DISCONNECT, watches keep-alive, ends the older of two connections of one session, and keeps
 * wills with their delay. Messages and subscriptions never reach it: its `mq` is deaf and its
 * persistence empty, which leaves no room for its known faults (the mixed SUBSCRIBE leak, `dedupe()`,
 * wills without a client).
 */
export interface Engine {
  /** aedes knows the client by its session key, never by the id that it sent (threat 6). */
  open(owner: LinkOwner, packet: ConnectPacket, sessionKey: string): EngineLink
  /** Ends every connection that is left. */
  close(): Promise<void>
}

export async function createEngine(): Promise<Engine> {
  const aedes = new ConnectionLife({
    mq: deafEmitter(),
    persistence: emptyPersistence(),
    connectTimeout: limits.connectTimeoutMs,
    maxClientsIdLength: Infinity,
    sessionExpiryIntervalLimit: limits.sessionExpirySeconds,
    drainTimeout: 0,
    authorizePublish: (client, packet, done) => {
      // A null client is the will of a broker that died: never ours to send (threat 5).
      if (client !== null) linkOf(client).owner.publishWill((packet as unknown as EngineWill).packet)
      done(new Error('published by the gate'))
    },
  })
  aedes.on('connackSent', (packet, client) =>
    linkOf(client).owner.answered(packet.reasonCode ?? packet.returnCode ?? 0),
  )
  aedes.on('keepaliveTimeout', (client) => linkOf(client).owner.keepAliveTimedOut())
  aedes.on('clientError', noop)
  aedes.on('connectionError', noop)
  await aedes.listen()
  return {
    open(owner, packet, sessionKey) {
      const link = new EngineLink(owner)
      const client = aedes.handle(link as unknown as AedesConnection) as ClientInternals
      client._eos()
      client._eos = noop
      client._parser = new DecodedPackets(client, client._parser.listeners('packet')[0]!)
      link.client = client
      link.feed(connectOf(packet, sessionKey))
      return link
    },
    close: () => new Promise((resolve) => aedes.close(resolve)),
  }
}

/** Sessions are ours: aedes would pin the client, with its socket, for as long as its session lasts. */
class ConnectionLife extends Aedes {
  scheduleSessionExpiry(): void {}
}

/** Fields of the pinned aedes that we lean on beyond its types. */
type ClientInternals = Client & {
  _keepaliveTimer: NodeJS.Timeout | null
  /** Takes down the end-of-stream listeners, which are a dozen closures: the link tells aedes itself. */
  _eos: () => void
  _parser: Pick<DecodedPackets, 'listeners' | 'removeAllListeners'>
}

type PacketListener = (this: DecodedPackets, packet: object) => void

/** In place of aedes' parser, which holds two streams per client: packets come decoded, by our own strict decoders. */
class DecodedPackets {
  readonly client: Client
  /** Packets that arrive before CONNECT is answered. */
  _queue: object[] | null = []
  private readonly listener: PacketListener

  constructor(client: Client, listener: PacketListener) {
    this.client = client
    this.listener = listener
  }

  parse(packet: object): void {
    this.listener(packet)
  }

  listeners(_event: 'packet'): PacketListener[] {
    return [this.listener]
  }

  removeAllListeners(): void {}

  emit(): void {}
}

/** A will as aedes keeps it: it looks at the delay only. */
interface EngineWill {
  readonly packet: WillPacket
  readonly properties: { readonly willDelayInterval: number }
}

function connectOf(packet: ConnectPacket, sessionKey: string): object {
  const { will, protocolVersion, isCleanStart, keepAliveSeconds } = packet
  const engineWill: EngineWill | undefined = will && {
    packet: will,
    properties: { willDelayInterval: will.delaySeconds },
  }
  return {
    cmd: 'connect',
    protocolVersion,
    clientId: sessionKey,
    clean: isCleanStart,
    keepalive: keepAliveSeconds,
    will: engineWill,
    properties: { sessionExpiryInterval: sessionExpirySeconds(packet) },
  }
}

/** What aedes takes for its client's stream; not a stream, because 10,000 of them would cost too much. */
export class EngineLink {
  readonly owner: LinkOwner
  client: ClientInternals | undefined
  destroyed = false
  private onReadable: (() => void) | undefined
  private input: object[] | undefined

  constructor(owner: LinkOwner) {
    this.owner = owner
  }

  /** A decoded packet for aedes, in the shape that mqtt-packet gives it. */
  feed(packet: object): void {
    if (this.input) this.input.push(packet)
    else this.input = [packet]
    this.onReadable?.()
  }

  /** Any packet counts for keep-alive (MQTT 5 §3.1.2.10), also those that aedes does not see. */
  touch(): void {
    this.client?._keepaliveTimer?.refresh()
  }

  /** As CONNECT asked for, or DISCONNECT after it. */
  get sessionExpirySeconds(): number {
    return Math.min(this.client?.sessionExpiryInterval ?? 0, limits.sessionExpirySeconds)
  }

  /** The socket has gone. */
  closed(): void {
    this.destroyed = true
    this.client?.close()
  }

  on(event: string, listener: () => void): this {
    if (event === 'readable') this.onReadable = listener
    return this
  }

  once(): this {
    return this
  }

  emit(): boolean {
    return false
  }

  removeListener(): this {
    return this
  }

  removeAllListeners(event?: string): this {
    if (event === 'readable') this.onReadable = undefined
    return this
  }

  setMaxListeners(): this {
    return this
  }

  /** aedes asks for the next when it is done with the one before. */
  read(): object | null {
    const packet = this.input?.shift()
    if (this.input?.length === 0) this.input = undefined
    return packet ?? null
  }

  write(bytes: Buffer | string): boolean {
    this.owner.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    return true
  }

  destroy(): this {
    if (!this.destroyed) {
      this.destroyed = true
      this.owner.end()
    }
    return this
  }
}

function linkOf(client: Client): EngineLink {
  return client.conn as unknown as EngineLink
}

/** mqemitter's interface without ears: no subscription and no message goes through aedes. */
function deafEmitter(): object {
  return {
    concurrency: 0,
    current: 0,
    length: 0,
    on: (_topic: string, _listener: unknown, done?: () => void) => done && setImmediate(done),
    removeListener: (_topic: string, _listener: unknown, done?: () => void) => done && setImmediate(done),
    emit: (_packet: unknown, done: () => void) => setImmediate(done),
    close: (done: () => void) => setImmediate(done),
  }
}

/** aedes-persistence's interface over nothing; wills live in aedes' client objects. */
function emptyPersistence(): object {
  const nothing = async (): Promise<void> => {}
  const none = (): readonly never[] => []
  return {
    setup: nothing,
    subscriptionsByClient: async () => [],
    cleanSubscriptions: nothing,
    putWill: nothing,
    delWill: nothing,
    streamWill: none,
    outgoingStream: none,
  }
}

function noop(): void {}
