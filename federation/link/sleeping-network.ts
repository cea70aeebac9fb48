/**
 * A network that sleeps until somebody dials or is dialled (LINK-17). Its port is held by a bare listener meanwhile, so
 * a node that meets no others does without the 60 MB and the second of CPU that libp2p takes.
 */
import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { base58btc } from 'multiformats/bases/base58'
import { HearthError } from '../../spec/errors.ts'
import type { Connection } from '../components.ts'
import { reasonOf } from './connection.ts'
import type { Libp2pNetwork, Logger, NetworkInit } from './network.ts'

export interface SleepingNetwork extends Libp2pNetwork {
  /** Before others are told where to dial, so that the first who does is not sent away. */
  wake(): Promise<void>
}

export interface SleepingComponents {
  /** The network that wakes, on the port that was held for it. */
  readonly network: (init: NetworkInit) => Libp2pNetwork
  /** The hot key of the node, 32 bytes: its PeerId is told while it sleeps. */
  readonly publicKey: Uint8Array
  readonly logger: Logger
}

/** With a relay to use, or looking around by mDNS, it never sleeps. `start` throws CONFIG_INVALID when the port is taken. */
export const createSleepingNetwork = (components: SleepingComponents, init: NetworkInit): SleepingNetwork => {
  const { logger } = components
  const connectionListeners = new Set<(connection: Connection) => void>()
  const foundListeners = new Set<(addresses: readonly string[]) => void>()
  let held: { readonly server: Server; readonly port: number } | undefined
  let waking: Promise<Libp2pNetwork> | undefined
  let awake: Libp2pNetwork | undefined

  const startOn = async (port: number): Promise<Libp2pNetwork> => {
    const network = components.network({ ...init, listen: { ...init.listen, port } })
    network.onConnection((connection) => connectionListeners.forEach((listener) => listener(connection)))
    network.onFound((addresses) => foundListeners.forEach((listener) => listener(addresses)))
    await network.start()
    awake = network
    return network
  }
  const wake = (): Promise<Libp2pNetwork> => {
    waking ??= (async () => {
      const { server, port } = held ?? { server: undefined, port: init.listen.port }
      held = undefined
      if (server !== undefined) await new Promise((resolve) => server.close(resolve))
      return startOn(port)
    })()
    return waking
  }
  const dialled = (): void => {
    logger.info({}, 'another node dials: the link wakes')
    wake().catch((error: unknown) => logger.error({ reason: reasonOf(error) }, 'the link could not be started'))
  }
  const stop = async (): Promise<void> => {
    const { server } = held ?? {}
    held = undefined
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
    const network = await waking?.catch(() => undefined)
    waking = undefined
    awake = undefined
    await network?.stop()
  }

  return {
    start: async () => {
      if (held !== undefined || waking !== undefined) return
      if ((init.relay?.use ?? []).length > 0 || init.mdns === true) await wake()
      else held = await hold(init.listen, dialled)
    },
    wake: async () => {
      if (held !== undefined || waking !== undefined) await wake()
    },
    stop,
    [Symbol.asyncDispose]: stop,
    addresses: () => {
      if (awake !== undefined) return awake.addresses()
      if (held === undefined) return []
      const id = peerIdOf(components.publicKey)
      const heard = hostsOf(init.listen.host).map((host) => `/${familyOf(host)}/${host}/tcp/${held?.port}/p2p/${id}`)
      return [...heard, ...(init.announce ?? []).map((address) => `${address.replace(/\/p2p\/[^/]+$/, '')}/p2p/${id}`)]
    },
    dial: async (address, key) => {
      if (held === undefined && waking === undefined) throw new HearthError('NODE_DOWN', 'the network is stopped')
      return (await wake()).dial(address, key)
    },
    onConnection: (listener) => {
      connectionListeners.add(listener)
      return () => void connectionListeners.delete(listener)
    },
    onFound: (listener) => {
      foundListeners.add(listener)
      return () => void foundListeners.delete(listener)
    },
  }
}

/** Whoever dials is sent away, and dials again (LINK-16). */
const hold = (
  { host, port }: NetworkInit['listen'],
  dialled: () => void,
): Promise<{ readonly server: Server; readonly port: number }> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.destroy()
      dialled()
    })
    server.once('error', (cause) =>
      reject(new HearthError('CONFIG_INVALID', `nodes cannot be listened for: ${cause.message}`, { cause })),
    )
    server.listen({ port, host: host ?? '0.0.0.0' }, () => {
      const bound = server.address()
      resolve({ server, port: typeof bound === 'object' && bound !== null ? bound.port : port })
    })
  })

/** libp2p's peer-ids spec: base58 of the identity multihash of the key in its protobuf. */
const peerIdOf = (publicKey: Uint8Array): string =>
  base58btc.baseEncode(Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20, ...publicKey))

const familyOf = (host: string): 'ip4' | 'ip6' => (host.includes(':') ? 'ip6' : 'ip4')

const hostsOf = (host: string | undefined): string[] =>
  host === undefined || host === '0.0.0.0'
    ? Object.values(networkInterfaces())
        .flat()
        .flatMap((one) => (one?.family === 'IPv4' ? [one.address] : []))
    : [host]
