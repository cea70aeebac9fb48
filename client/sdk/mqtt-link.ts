import mqtt, { type IClientPublishOptions, type MqttClient, type Packet } from 'mqtt'
import { HearthError } from '../../spec/errors.ts'
import { limits } from '../../spec/limits.ts'
import type { Link, LinkInit, PublishInit } from './components.ts'
import { namedError } from './named-error.ts'

const windowMax = 16

/**
 * Opens an MQTT 5 connection with clean start off. MQTT.js's own reconnection and its store of unacknowledged
 * publishes stay unused: the session keeps an outbox whose message ids survive a new connection.
 */
export const openMqttLink = async (init: LinkInit): Promise<Link> => {
  const client = mqtt.connect(init.url, {
    protocolVersion: 5,
    clientId: init.device,
    username: init.user,
    password: init.password,
    clean: false,
    keepalive: 30,
    connectTimeout: init.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    subscribeBatchSize: limits.filtersPerSubscribeMax,
    rejectUnauthorized: !init.insecureTls,
    properties: { sessionExpiryInterval: init.sessionExpirySeconds },
  })
  sendAtOnce(client.stream)
  client.on('message', (topic, payload, { properties }) => {
    const correlation = properties?.correlationData
    init.onDelivery({ topic, payload, correlation: correlation && new TextDecoder().decode(correlation) })
  })
  const open = new Set<(error: HearthError) => void>()
  const ended = endOf(client)
  void ended.then((error) => open.forEach((reject) => reject(error)))
  /** Runs one exchange; the end of the connection rejects it. */
  const exchange = async <T>(run: (resolve: (value: T) => void, reject: (error: HearthError) => void) => void) => {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    open.add(reject)
    run(resolve, reject)
    return promise.finally(() => open.delete(reject))
  }

  const window = await exchange<number>((resolve) => {
    client.once('connect', ({ properties }) => resolve(properties?.receiveMaximum ?? windowMax))
  })
  return {
    window: Math.min(window, windowMax),
    ended,
    publish: (topic, payload, publishInit = {}) =>
      exchange<void>((resolve, reject) => {
        client.publish(topic, payload, publishOptions(publishInit), (error, packet) => {
          if (!error) resolve()
          else reject(faultOfPuback(error, packet))
        })
      }),
    subscribe: async (filters) => {
      const outcomes: (HearthError | undefined)[] = []
      for (let at = 0; at < filters.length; at += limits.filtersPerSubscribeMax) {
        const some = filters.slice(at, at + limits.filtersPerSubscribeMax)
        const suback = await exchange<Suback>((resolve, reject) => {
          client.subscribe(some, { qos: 1 }, (error, _subscriptions, packet) => {
            if (packet === undefined) reject(new HearthError('CONNECTION_LOST', error?.message))
            else resolve(packet)
          })
        })
        outcomes.push(...outcomesOf(suback))
      }
      return outcomes
    },
    unsubscribe: (filters) =>
      exchange<void>((resolve, reject) => {
        client.unsubscribe([...filters], (error) => {
          if (error) reject(new HearthError('CONNECTION_LOST', error.message, { cause: error }))
          else resolve()
        })
      }),
    close: async () => {
      client.end()
      await ended
    },
  }
}

/** A call after a PUBACK would wait 40 ms for the node's delayed TCP ACK (Nagle); a WebSocket in a browser has no such thing. */
const sendAtOnce = (stream: object): void => {
  if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true)
}

/** Why a connection ended: the reason in the node's last packet, else what the socket said. */
const endOf = (client: MqttClient): Promise<HearthError> => {
  let reason: HearthError | undefined
  client.on('packetreceive', (packet) => {
    const refused = packet.cmd === 'disconnect' || (packet.cmd === 'connack' && (packet.reasonCode ?? 0) > 0)
    if (refused) reason = namedError({ ...packet, reasonString: packet.properties?.reasonString })
  })
  client.on('error', (error) => {
    reason ??= new HearthError('CONNECTION_LOST', socketText(error), { cause: error })
  })
  return new Promise((resolve) => {
    client.once('close', () => {
      client.end(true)
      resolve(reason ?? new HearthError('CONNECTION_LOST'))
    })
  })
}

const publishOptions = ({ responseTopic, correlation }: PublishInit): IClientPublishOptions => {
  const properties: NonNullable<IClientPublishOptions['properties']> = {}
  if (responseTopic !== undefined) properties.responseTopic = responseTopic
  // mqtt-packet writes any byte array; its type says Buffer, which a browser does not have
  if (correlation !== undefined) properties.correlationData = new TextEncoder().encode(correlation) as never
  return { qos: 1, properties }
}

const faultOfPuback = (error: Error, packet: Packet | undefined): HearthError =>
  packet?.cmd === 'puback'
    ? namedError({ reasonCode: packet.reasonCode, reasonString: packet.properties?.reasonString })
    : new HearthError('CONNECTION_LOST', error.message, { cause: error })

type Suback = Extract<Packet, { cmd: 'suback' }>

const outcomesOf = ({ granted, properties }: Suback): (HearthError | undefined)[] =>
  granted
    .map(Number)
    .map((reasonCode) =>
      reasonCode < 0x80 ? undefined : namedError({ reasonCode, reasonString: properties?.reasonString }),
    )

const socketText = (error: Error): string => {
  // Node tries each address of a name and reports them together, with an empty message of its own
  const first = error instanceof AggregateError ? (error.errors[0] as Error) : error
  return `the connection to the node failed: ${first.message}`
}
