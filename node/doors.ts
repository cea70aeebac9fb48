/** The doors of a node: MQTT (TCP, TLS, WebSocket), HTTP, and the operator's socket. */
import type { Broker, Listener } from '../broker/index.ts'
import type { Logger } from '../broker/components.ts'
import { HearthError } from '../spec/errors.ts'
import { createAdminServer } from './admin/admin-server.ts'
import type { Addresses, NodeAdmin } from './admin/components.ts'
import { listenersOf } from './config/listeners.ts'
import type { Config } from './config/settings.ts'
import type { Certificate } from './data-folder/certificate.ts'
import type { Layout } from './data-folder/layout.ts'
import type { HttpComponents } from './http/components.ts'
import { createHttp } from './http/http.ts'
import type { Login } from './policy.ts'

export interface DoorsComponents {
  readonly broker: Broker<Login>
  readonly certificate: Certificate
  readonly http: Pick<HttpComponents, 'health' | 'metrics' | 'register'>
  readonly wellKnown: (addresses: Addresses) => ReturnType<HttpComponents['wellKnown']>
  readonly logger: Logger
}

export interface Doors extends AsyncDisposable {
  readonly addresses: Addresses
}

/** Opens them all or none. Throws CONFIG_INVALID for an address that is taken or not this machine's, naming the flag. */
export async function openDoors(components: DoorsComponents, config: Config): Promise<Doors> {
  const { broker, certificate, logger } = components
  const listeners = listenersOf(config)
  const tls = { cert: certificate.cert, key: certificate.key }
  await using opened = new AsyncDisposableStack()
  let addresses: Addresses | undefined
  const http = opened.use(
    createHttp(
      {
        ...components.http,
        wellKnown: () => components.wellKnown(addresses ?? unopened),
        onUpgrade: (request, socket, head) => broker.handleUpgrade(request, socket, head),
        logger,
      },
      { listener: listeners.http, tls, connectionsMax: config.connectionsMax },
    ),
  )
  const httpPort = await naming('httpPort', config, () => http.start())
  const mqtt = await naming('mqttPort', config, () =>
    broker.listen({ host: hostOf(listeners.mqtt.host), port: listeners.mqtt.port }),
  )
  closeWith(opened, mqtt)
  const mqtts = await naming('mqttsPort', config, () =>
    broker.listen({ host: hostOf(listeners.mqtts.host), port: listeners.mqtts.port, tls }),
  )
  closeWith(opened, mqtts)
  const shown = config.domain ?? shownHost(config.bind)
  const web = config.public ? 's' : ''
  addresses = {
    http: `http${web}://${shown}:${httpPort}`,
    webSocket: `ws${web}://${shown}:${httpPort}/mqtt`,
    mqtt: `mqtt://${config.public ? '127.0.0.1' : shownHost(config.bind)}:${mqtt.port}`,
    mqtts: `mqtts://${shown}:${mqtts.port}`,
  }
  const closing = opened.move()
  return { addresses, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

/** Opened last: whoever finds the socket finds a node that answers. */
export async function openAdminDoor(
  components: { readonly node: NodeAdmin; readonly logger: Logger },
  layout: Layout,
): Promise<AsyncDisposable> {
  const server = createAdminServer(components, { path: layout.adminSocket })
  await server.start()
  return server
}

const unopened: Addresses = { http: '', webSocket: '', mqtt: '', mqtts: '' }

const hostOf = (host: string | undefined): string => host ?? '::'

/** What people type to reach it from here. */
const shownHost = (bind: string): string => {
  if (bind === '0.0.0.0') return '127.0.0.1'
  if (bind === '::') return '[::1]'
  return bind.includes(':') ? `[${bind}]` : bind
}

/** Lets nobody in any more. Those who are in are sent away by the broker, which waits for the listener's end. */
const closeWith = (stack: AsyncDisposableStack, listener: Listener): void => {
  stack.defer(() => void listener.close())
}

const flags = { httpPort: '--http-port', mqttPort: '--mqtt-port', mqttsPort: '--mqtts-port' } as const

async function naming<T>(key: keyof typeof flags, config: Config, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    const where = `${config.bind} port ${config[key]}`
    const reason =
      code === 'EADDRINUSE'
        ? `${where} is taken by another program; choose another with ${flags[key]} (0 picks a free one)`
        : code === 'EACCES'
          ? `${where} is not open to this user; choose one over 1023 with ${flags[key]}`
          : `cannot listen on ${where} (${code || String(cause)}); see --bind and ${flags[key]}`
    throw new HearthError('CONFIG_INVALID', reason, { cause })
  }
}
