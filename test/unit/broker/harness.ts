import { EventEmitter, once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import mqtt, { type IConnackPacket, type Packet } from 'mqtt-packet'
import {
  createBroker,
  type Backlog,
  type Broker,
  type BrokerInit,
  type ConnectRequest,
  type InboundMessage,
  type Outcome,
  type OutboundMessage,
  type Policy,
  type SessionStore,
  type StoredSession,
} from '../../../broker/index.ts'
import { matches } from '../../../broker/mqtt/topics.ts'

export const granted: Outcome<void> = { ok: true, value: undefined }
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** User name of whoever logged in. */
export interface Person {
  readonly name: string
}

export interface TestBroker extends AsyncDisposable {
  readonly broker: Broker<Person>
  readonly port: number
  readonly log: TestLog
  readonly store: MemoryStore
  readonly requests: ConnectRequest[]
  /** What reached the policy, in order. */
  readonly published: { name: string; message: InboundMessage }[]
  client(options?: ClientOptions): Promise<RawClient>
  socket(): Promise<RawClient>
  /** Breaks the connection of a client and resolves when the broker has noticed. */
  drop(client: RawClient): Promise<void>
}

export interface TestBrokerOptions extends BrokerInit {
  readonly policy?: Partial<Policy<Person>>
  readonly log?: TestLog
  readonly store?: MemoryStore
}

/** A broker whose policy keeps every QoS 1 message in a log and hands it on; user `nobody` is refused. */
export async function startBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const { policy, log = new TestLog(), store = new MemoryStore(), ...init } = options
  const requests: ConnectRequest[] = []
  const published: TestBroker['published'] = []
  const left = new EventEmitter()
  const broker: Broker<Person> = createBroker<Person>(
    {
      policy: {
        connect: async (request) => {
          requests.push(request)
          const name = request.username ?? 'anonymous'
          if (name === 'nobody') return { ok: false, code: 'LOGIN_FAILED', reason: 'try another name' }
          return { ok: true, value: { principal: { name }, sessionKey: `${name}:${request.clientId}` } }
        },
        subscribe: () => granted,
        canReceive: () => true,
        ...policy,
        disconnected: () => left.emit('left'),
        publish: (person, message) => {
          published.push({ name: person.name, message: { ...message, payload: Buffer.from(message.payload) } })
          if (policy?.publish) return policy.publish(person, message)
          const { topic, retain, qos } = message
          const out = { topic, payload: Buffer.from(message.payload), qos, retain } as const
          broker.publish(qos > 0 ? log.append(out) : out)
          return undefined
        },
      },
      backlog: log,
      sessions: store,
      clock: { now: () => Date.now() },
      logger: silent,
    },
    init,
  )
  await broker.start()
  const { port } = await broker.listen({ port: 0, host: '127.0.0.1' })
  const clients: RawClient[] = []
  const socket = async (): Promise<RawClient> => {
    const client = await RawClient.open(port)
    clients.push(client)
    return client
  }
  return {
    broker,
    port,
    log,
    store,
    requests,
    published,
    socket,
    drop: async (client) => {
      const noticed = once(left, 'left')
      client.destroy()
      await noticed
    },
    client: async (clientOptions) => {
      const client = await socket()
      await client.connect(clientOptions)
      return client
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy()
      await broker.stop()
    },
  }
}

/** A log in memory that answers in a later turn, as a disk does. */
export class TestLog implements Backlog<Person> {
  readonly messages: OutboundMessage[] = []
  mayRead: (person: Person, topic: string) => boolean = () => true

  get position(): number {
    return this.messages.length
  }

  append(message: OutboundMessage): OutboundMessage {
    const kept = { ...message, position: this.messages.length + 1 }
    this.messages.push(kept)
    return kept
  }

  async read(person: Person, filters: readonly string[], from: number, limit: number) {
    await new Promise((resolve) => setImmediate(resolve))
    const messages: OutboundMessage[] = []
    let to = from
    for (const message of this.messages.slice(from)) {
      if (messages.length === limit) break
      to++
      const isMeant = filters.some((filter) => matches(filter, message.topic))
      if (isMeant && this.mayRead(person, message.topic)) messages.push(message)
    }
    return { messages, to }
  }
}

export class MemoryStore implements SessionStore {
  readonly sessions = new Map<string, StoredSession>()

  async load(): Promise<StoredSession[]> {
    return [...this.sessions.values()]
  }

  async put(session: StoredSession): Promise<void> {
    this.sessions.set(session.sessionKey, session)
  }

  async delete(sessionKey: string): Promise<void> {
    this.sessions.delete(sessionKey)
  }
}

export interface ClientOptions {
  readonly clientId?: string
  readonly username?: string
  readonly version?: 3 | 4 | 5
  readonly clean?: boolean
  readonly keepalive?: number
  readonly properties?: NonNullable<mqtt.IConnectPacket['properties']>
  readonly will?: NonNullable<mqtt.IConnectPacket['will']>
}

/** An MQTT client of which the test controls every packet. */
export class RawClient {
  readonly socket: Socket
  version: 3 | 4 | 5 = 4
  /** Resolves when the broker has ended the connection. */
  readonly closed: Promise<void>
  /** Acknowledge what comes in at once. */
  acknowledges = true
  private readonly arrived: Packet[] = []
  private readonly waiting: { isMeant: (packet: Packet) => boolean; resolve: (packet: Packet) => void }[] = []
  private lastId = 0

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true })
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  async connect(options: ClientOptions = {}): Promise<IConnackPacket> {
    this.listen(options.version ?? 4)
    const { clientId = 'device', username = 'alice', clean = true, keepalive = 0, properties, will } = options
    this.send({
      cmd: 'connect',
      clientId,
      clean,
      keepalive,
      protocolVersion: this.version,
      protocolId: this.version === 3 ? 'MQIsdp' : 'MQTT',
      ...(username === '' ? {} : { username, password: Buffer.from('secret') }),
      ...(properties && { properties }),
      ...(will && { will }),
    })
    return this.next('connack')
  }

  /** Starts to parse what comes in. */
  listen(version: 3 | 4 | 5): void {
    this.version = version
    const parser = mqtt.parser({ protocolVersion: version })
    parser.on('packet', (packet) => this.take(packet))
    this.socket.on('data', (chunk: Buffer) => parser.parse(chunk))
  }

  send(packet: Packet): void {
    this.socket.write(mqtt.generate(packet, { protocolVersion: this.version }))
  }

  async subscribe(filter: string, qos: 0 | 1 | 2 = 1): Promise<number[]> {
    const messageId = this.nextId()
    this.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic: filter, qos }] })
    const suback = await this.next('suback')
    return suback.granted as number[]
  }

  /** Resolves with the PUBACK; for QoS 0 when the broker has answered a ping behind it. */
  async publish(topic: string, payload: string, qos: 0 | 1 = 1, retain = false): Promise<Packet> {
    const messageId = this.nextId()
    const rest = { topic, payload: Buffer.from(payload), retain, dup: false }
    this.send(qos === 0 ? { cmd: 'publish', qos, ...rest } : { cmd: 'publish', qos, messageId, ...rest })
    return qos === 0
      ? this.ping()
      : this.nextMatching((packet) => packet.cmd === 'puback' && packet.messageId === messageId)
  }

  /** Everything that the broker had for this client before it read the ping is in `packets`. */
  async ping(): Promise<Packet> {
    this.send({ cmd: 'pingreq' })
    return this.next('pingresp')
  }

  async next<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    return (await this.nextMatching((packet) => packet.cmd === cmd)) as Extract<Packet, { cmd: C }>
  }

  async nextMatching(isMeant: (packet: Packet) => boolean): Promise<Packet> {
    const at = this.arrived.findIndex(isMeant)
    if (at >= 0) return this.arrived.splice(at, 1)[0]!
    return new Promise((resolve, reject) => {
      this.waiting.push({ isMeant, resolve })
      void this.closed.then(() => reject(new Error('the broker closed the connection')))
    })
  }

  async messages(count: number): Promise<mqtt.IPublishPacket[]> {
    const messages: mqtt.IPublishPacket[] = []
    while (messages.length < count) messages.push(await this.next('publish'))
    return messages
  }

  async payloads(count: number): Promise<string[]> {
    return (await this.messages(count)).map(({ payload }) => payload.toString())
  }

  /** Packets of this kind that have come and that nobody has asked for. */
  unread(cmd: Packet['cmd']): Packet[] {
    return this.arrived.filter((packet) => packet.cmd === cmd)
  }

  destroy(): void {
    this.socket.destroy()
  }

  nextId(): number {
    return (this.lastId = (this.lastId % 65_535) + 1)
  }

  private take(packet: Packet): void {
    if (this.acknowledges && packet.cmd === 'publish' && packet.qos === 1) {
      this.send({ cmd: 'puback', messageId: packet.messageId! })
    }
    const at = this.waiting.findIndex(({ isMeant }) => isMeant(packet))
    if (at < 0) this.arrived.push(packet)
    else this.waiting.splice(at, 1)[0]!.resolve(packet)
  }
}
