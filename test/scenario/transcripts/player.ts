/** Somebody with an MQTT client and a persistent session, who does what an interrupted client does: connect again and repeat. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { errorOfReply } from '../../../client/sdk/named-error.ts'
import type { CallSpec } from '../../../spec/calls/call.ts'
import { HearthError } from '../../../spec/errors.ts'
import { connectClient, type Received, type TestClient } from '../../support/mqtt-client.ts'
import type { NodeProcess } from '../../support/node-process.ts'
import type { Transcript } from './transcript.ts'

export interface Player extends AsyncDisposable {
  readonly user: string
  readonly version: 4 | 5
  readonly site: string
  /** What came over all connections, once for each packet. */
  readonly received: readonly Received[]
  /** Kept over reconnections. */
  subscribe(filter: string): Promise<void>
  /** Resolves with the PUBACK, over as many connections as it takes: sent again, it is the same. */
  publish(topic: string, payload: object | string): Promise<void>
  /** The same of a call. Throws the node's named error. */
  call<I extends z.ZodType, O extends z.ZodType>(spec: CallSpec<I, O>, input: z.input<I>): Promise<z.output<O>>
  /** Resolves when something has come since. */
  next(): Promise<void>
}

export interface PlayerInit {
  readonly user: string
  readonly version: 4 | 5
  /** What the node is called in the transcript. */
  readonly site: string
  readonly node: NodeProcess
  /** `invite:password` at first. */
  readonly secret: string
  readonly password: string
  readonly transcript: Transcript
  /** Resolves when the node runs, at once or after its restart. */
  readonly isUp: () => Promise<void>
}

export const createPlayer = async (init: PlayerInit): Promise<Player> => {
  const { user, version, site, node, transcript, isUp } = init
  const who = `${user} (${version === 5 ? '5' : '3.1.1'})`
  const received: Received[] = []
  const filters = new Set<string>()
  const wakers = new Set<() => void>()
  let secret = init.secret
  let open: Promise<TestClient> | undefined

  const hear = (message: Received): void => {
    received.push(message)
    const { topic, text, packet } = message
    const again = packet.dup ? ' DUP' : ''
    transcript.line(`${who.padEnd(13)} ← ${site}  PUBLISH QoS ${packet.qos}${again}  ${topic}  ${text}`)
    for (const wake of wakers) wake()
    wakers.clear()
  }
  const listen = async (client: TestClient): Promise<void> => {
    try {
      for (;;) hear(await client.next())
    } catch {
      // the connection has ended
    }
  }
  const connect = async (): Promise<TestClient> => {
    await isUp()
    const client = await connectClient({
      url: node.ready.addresses.mqtt,
      user,
      password: secret,
      version,
      clientId: `${user}-device`,
      options: { clean: false, ...(version === 5 && { properties: { sessionExpiryInterval: 3_600 } }) },
    })
    secret = init.password
    transcript.line(
      `${who.padEnd(13)} → ${site}  CONNECT  CONNACK session present ${client.connack.sessionPresent ? 1 : 0}`,
    )
    void listen(client)
    void client.closed.then(() => (open = undefined))
    if (filters.size > 0) await client.subscribe([...filters])
    return client
  }
  const client = (): Promise<TestClient> => {
    open ??= connect().catch((error: unknown) => {
      open = undefined
      throw error
    })
    return open
  }
  /** Until it went through on one connection. */
  const persist = async <T>(task: (on: TestClient) => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        const on = await client()
        return await Promise.race([task(on), ended(on)])
      } catch (error) {
        if (error instanceof HearthError) throw error
        await isUp()
        await new Promise((resolve) => setImmediate(resolve)) // the end of the connection is heard of
      }
    }
  }

  /** MQTT.js keeps what a persistent session has not sent, and says nothing: it is for whoever connects again. */
  const ended = (on: TestClient): Promise<never> =>
    on.closed.then(() => {
      throw new Error('the connection ended')
    })
  const publishOn = async (on: TestClient, topic: string, text: string, correlation?: string): Promise<void> => {
    transcript.line(`${who.padEnd(13)} → ${site}  PUBLISH QoS 1  ${topic}  ${text}`)
    const properties = correlation && { responseTopic: `u/${user}/reply`, correlationData: Buffer.from(correlation) }
    const { code, reason } = await on.publish(
      topic,
      text,
      properties === undefined || properties === '' ? {} : { properties },
    )
    transcript.line(
      `${who.padEnd(13)} ← ${site}  PUBACK${version === 5 ? ` 0x${code.toString(16).padStart(2, '0')}` : ''}`,
    )
    if (code >= 0x80) throw new HearthError('BAD_REQUEST', reason ?? '')
  }

  await client()
  return {
    user,
    version,
    site,
    received,
    subscribe: async (filter) => {
      filters.add(filter)
      await persist(async (on) => {
        const [granted] = await on.subscribe(filter)
        transcript.line(`${who.padEnd(13)} → ${site}  SUBSCRIBE  ${filter}  SUBACK ${granted}`)
      })
    },
    publish: (topic, payload) =>
      persist((on) => publishOn(on, topic, typeof payload === 'string' ? payload : JSON.stringify(payload))),
    call: async (spec, input) => {
      const topic = `u/${user}/call/${spec.method}`
      // a lost answer is asked for again
      return persist(async (on) => {
        const id = randomUUID().slice(0, 8)
        const isIt = ({ topic: at, text, packet }: Received): boolean =>
          at === `u/${user}/reply` &&
          (version === 5 ? packet.properties?.correlationData?.toString() === id : text.startsWith(`{"id":"${id}"`))
        await publishOn(
          on,
          topic,
          JSON.stringify(version === 5 ? input : { id, ...(input as object) }),
          version === 5 ? id : undefined,
        )
        const reply: unknown = JSON.parse((await on.waitFor(isIt)).text)
        const error = errorOfReply(reply)
        if (error !== undefined) throw error
        return spec.output.parse(z.object({ result: z.unknown() }).parse(reply).result)
      })
    },
    next: () => new Promise((resolve) => wakers.add(resolve)),
    [Symbol.asyncDispose]: async () => {
      await (await open)?.[Symbol.asyncDispose]()
    },
  }
}
