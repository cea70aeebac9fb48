import { Socket } from 'node:net'
import mqtt from 'mqtt'
import type { IClientOptions, IConnackPacket, IDisconnectPacket, IPublishPacket } from 'mqtt'

export interface ClientInit {
  /** `mqtt://…`, `mqtts://…` or `ws://…`, as the node says it. */
  readonly url: string
  readonly user?: string
  readonly password?: string
  readonly clientId?: string
  /** 4 is MQTT 3.1.1; default 5. */
  readonly version?: 4 | 5
  /** Looks at each message; what it throws ends every wait, and the client's disposal. */
  readonly check?: (topic: string, text: string) => void
  /** Anything else that the `mqtt` package takes. */
  readonly options?: Partial<IClientOptions>
}

export interface Received {
  readonly topic: string
  readonly text: string
  readonly packet: IPublishPacket
}

/** What came back for a PUBLISH: 0 and 0x10 are success. Always 0 on MQTT 3.1.1. */
export interface Acknowledged {
  readonly code: number
  readonly reason: string | undefined
}

export interface SendOptions {
  /** Default 1. */
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly properties?: NonNullable<IPublishPacket['properties']>
}

/** An MQTT client for tests: everything is awaited, nothing reconnects by itself. */
export interface TestClient extends AsyncDisposable {
  readonly connack: IConnackPacket
  /** Everything that arrived. */
  readonly received: readonly Received[]
  /** Resolves with the SUBACK's codes: the granted QoS, or 0x80 and above for a refusal. */
  subscribe(filters: string | readonly string[], qos?: 0 | 1 | 2): Promise<number[]>
  unsubscribe(filter: string): Promise<void>
  /** QoS 1: resolves with the PUBACK. Rejects when the connection ends before. */
  publish(topic: string, payload: string | Uint8Array, options?: SendOptions): Promise<Acknowledged>
  /** The next message in order of arrival. Rejects when the connection ends. */
  next(): Promise<Received>
  /** The first message, arrived or to come, that matches. Rejects when the connection ends. */
  waitFor(matches: (message: Received) => boolean): Promise<Received>
  /** Resolves when the connection has ended, with the DISCONNECT of an MQTT 5 broker. */
  readonly closed: Promise<IDisconnectPacket | undefined>
  /** Ends without DISCONNECT, as a lost link does. */
  drop(): Promise<void>
}

/** A refused CONNECT. */
export class ConnectRefusedError extends Error {
  /** CONNACK code; undefined: closed without one. */
  readonly code: number | undefined
  constructor(code: number | undefined, options?: ErrorOptions) {
    super(`the broker refused the connection (${code === undefined ? 'no CONNACK' : code})`, options)
    this.name = 'ConnectRefusedError'
    this.code = code
  }
}

/** Rejects with ConnectRefusedError. */
export const connectClient = async (init: ClientInit): Promise<TestClient> => {
  const client = mqtt.connect(init.url, {
    protocolVersion: init.version ?? 5,
    reconnectPeriod: 0,
    connectTimeout: 10_000,
    rejectUnauthorized: false,
    ...(init.user === undefined ? {} : { username: init.user }),
    ...(init.password === undefined ? {} : { password: init.password }),
    ...(init.clientId === undefined ? {} : { clientId: init.clientId }),
    ...init.options,
  })
  if (client.stream instanceof Socket) client.stream.setNoDelay(true)
  const received: Received[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => waiting.forEach((look) => look())
  let ended = false
  let fault: Error | undefined
  let taken = 0
  let disconnect: IDisconnectPacket | undefined
  client.on('error', () => {}) // 'close' follows, and says it to whoever waits
  client.on('disconnect', (packet) => (disconnect = packet))
  client.on('message', (topic, payload, packet) => {
    const text = payload.toString('utf8')
    try {
      init.check?.(topic, text)
    } catch (error) {
      fault ??= error instanceof Error ? error : new Error(String(error))
    }
    received.push({ topic, text, packet })
    wake()
  })
  const closed = new Promise<IDisconnectPacket | undefined>((resolve) => {
    client.once('close', () => {
      ended = true
      client.end(true) // rejects what is still unacknowledged
      wake()
      resolve(disconnect)
    })
  })
  const until = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const attempt = (): void => {
        const found = fault === undefined ? look() : undefined
        if (found === undefined && !ended && fault === undefined) return
        waiting.delete(attempt)
        if (fault !== undefined) reject(fault)
        else if (found === undefined) reject(new Error(`the connection ended after ${received.length} messages`))
        else resolve(found)
      }
      waiting.add(attempt)
      attempt()
    })

  return {
    connack: await connected(client),
    received,
    closed,
    subscribe: async (filters, qos = 1) =>
      new Promise((resolve, reject) => {
        client.subscribe(
          [...(typeof filters === 'string' ? [filters] : filters)],
          { qos },
          (error, _grants, packet) => {
            if (packet !== undefined) resolve(packet.granted.map(Number))
            else reject(error ?? new Error('no SUBACK'))
          },
        )
      }),
    unsubscribe: async (filter) => {
      await client.unsubscribeAsync(filter)
    },
    publish: async (topic, payload, { qos = 1, retain = false, properties } = {}) =>
      new Promise((resolve, reject) => {
        const options = { qos, retain, ...(properties === undefined ? {} : { properties }) }
        client.publish(
          topic,
          typeof payload === 'string' ? payload : Buffer.from(payload),
          options,
          (error, packet) => {
            const ack = packet as { reasonCode?: number; properties?: { reasonString?: string } } | undefined
            const code = ack?.reasonCode ?? 0
            if (error && code < 0x80) reject(error)
            else resolve({ code, reason: ack?.properties?.reasonString })
          },
        )
      }),
    next: async () =>
      until(() => {
        const message = received[taken]
        if (message !== undefined) taken += 1
        return message
      }),
    waitFor: async (matches) => {
      let seen = 0
      return until(() => {
        for (; seen < received.length; seen += 1) {
          const message = received[seen]
          if (message !== undefined && matches(message)) return message
        }
        return undefined
      })
    },
    drop: async () => {
      client.stream.destroy()
      await closed
    },
    [Symbol.asyncDispose]: async () => {
      if (!ended) await client.endAsync()
      if (fault !== undefined) throw fault
    },
  }
}

const connected = async (client: mqtt.MqttClient): Promise<IConnackPacket> =>
  new Promise((resolve, reject) => {
    let cause: unknown
    client.once('connect', resolve)
    client.once('error', (error) => (cause = error))
    client.once('close', () => reject(new ConnectRefusedError(codeOf(cause), { cause })))
  })

const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined
