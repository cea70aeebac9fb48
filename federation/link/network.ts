/** The wire of a node: libp2p over TCP, encrypted by noise, multiplexed by yamux (spec/federation-link.md, LINK). */
import type { Connection as Libp2pConnection, PeerInfo } from '@libp2p/interface'
import { HearthError } from '../../spec/errors.ts'
import type { Connection, Network, StreamKind } from '../components.ts'
import { protocols, reasonOf, streamsMax, wrapConnection, type InboundConnection } from './connection.ts'
import { createLibp2pNode, type Libp2pNode } from './libp2p-node.ts'
import { keepRelays } from './relays.ts'

/** A log line is an event name and fields; never a secret. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface NetworkInit {
  /** Without a host: every address. Port 0 picks a free one. */
  readonly listen: { readonly host: string | undefined; readonly port: number }
  /** Multiaddrs under which the node is reached besides those that it sees itself: a public name, a forwarded port. */
  readonly announce?: readonly string[]
  readonly relay?: {
    /** Carry connections for nodes behind NAT. */
    readonly serve?: boolean
    /** Multiaddrs with `/p2p/…` of nodes that carry ours. */
    readonly use?: readonly string[]
  }
  /** Look for nodes on the local network, and be seen there. */
  readonly mdns?: boolean
}

export interface Libp2pNetwork extends Network, AsyncDisposable {
  /** Nodes seen on the local network (mDNS): addresses that may be dialled. Who they are, they have yet to prove. */
  onFound(listener: (addresses: readonly string[]) => void): () => void
}

/** `signingKeySeed`: 32 bytes, the hot key (Ed25519) of the node, from which its PeerId comes (LINK-2). */
export const createLibp2pNetwork = (
  { signingKeySeed, logger }: { readonly signingKeySeed: Uint8Array; readonly logger: Logger },
  init: NetworkInit,
): Libp2pNetwork => {
  const connections = new WeakMap<Libp2pConnection, InboundConnection>()
  const connectionListeners = new Set<(connection: Connection) => void>()
  const foundListeners = new Set<(addresses: readonly string[]) => void>()
  let running: { readonly libp2p: Libp2pNode; readonly stopRelays: () => void } | undefined

  /** One wrapper for a connection, announced once. */
  const known = (connection: Libp2pConnection): InboundConnection | undefined => {
    const before = connections.get(connection)
    if (before !== undefined) return before
    const wrapped = wrapConnection(connection)
    if (wrapped === undefined) {
      connection.abort(new Error('the key is not Ed25519'))
      return undefined
    }
    connections.set(connection, wrapped)
    for (const listener of connectionListeners) listener(wrapped)
    return wrapped
  }

  const takeStreams = async ({ node }: Libp2pNode): Promise<void> => {
    node.addEventListener('connection:open', ({ detail }) => void known(detail))
    node.addEventListener('peer:discovery', ({ detail }) => found(detail))
    for (const [kind, protocol] of Object.entries(protocols) as [StreamKind, string][]) {
      await node.handle(protocol, (stream, connection) => known(connection)?.accept(kind, stream), {
        runOnLimitedConnection: true,
        maxInboundStreams: streamsMax,
        maxOutboundStreams: streamsMax,
      })
    }
  }

  const found = ({ id, multiaddrs }: PeerInfo): void => {
    const addresses = multiaddrs.map((address) => withPeerId(address.toString(), id.toString()))
    if (addresses.length > 0) for (const listener of foundListeners) listener(addresses)
  }

  const stop = async (): Promise<void> => {
    const stopping = running
    running = undefined
    stopping?.stopRelays()
    await stopping?.libp2p.node.stop()
  }

  return {
    async start() {
      if (running !== undefined) return
      const libp2p = await createLibp2pNode(signingKeySeed, init)
      await takeStreams(libp2p)
      try {
        await libp2p.node.start()
      } catch (cause) {
        throw new HearthError('CONFIG_INVALID', `nodes cannot be listened for: ${reasonOf(cause)}`, { cause })
      }
      libp2p.confirmOwn()
      running = { libp2p, stopRelays: keepRelays(libp2p, init.relay?.use ?? [], logger) }
      logger.info({ addresses: addressesOf(libp2p) }, 'nodes are listened for')
    },
    stop,
    [Symbol.asyncDispose]: stop,

    addresses: () => (running === undefined ? [] : addressesOf(running.libp2p)),

    async dial(address, key) {
      if (running === undefined) throw new HearthError('NODE_DOWN', 'the network is stopped')
      const { node, multiaddr, peerIdOf } = running.libp2p
      try {
        const pinned = key === undefined ? address : withPeerId(address, peerIdOf(key).toString())
        const connection = known(
          await node.dial(multiaddr(pinned), { force: true, signal: AbortSignal.timeout(dialMs) }),
        )
        if (connection !== undefined) return connection
      } catch (cause) {
        throw dialError(address, cause)
      }
      throw new HearthError('PEER_REFUSED', `${address} answers with a key that no node has`)
    },

    onConnection(listener) {
      connectionListeners.add(listener)
      return () => void connectionListeners.delete(listener)
    },

    onFound(listener) {
      foundListeners.add(listener)
      return () => void foundListeners.delete(listener)
    },
  }
}

const dialMs = 10_000

const addressesOf = ({ node, confirmOwn }: Libp2pNode): readonly string[] => {
  confirmOwn()
  return node.getMultiaddrs().map((address) => address.toString())
}

const withPeerId = (address: string, peerId: string): string => `${address.replace(/\/p2p\/[^/]+$/, '')}/p2p/${peerId}`

const dialError = (address: string, cause: unknown): HearthError => {
  const causes: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause]
  return causes.some((error) => otherKey.test(reasonOf(error)))
    ? new HearthError('PEER_REFUSED', `another node answers at ${address}: its key is not the one expected`, { cause })
    : new HearthError('NODE_DOWN', `${address} does not answer: ${reasonOf(causes[0])}`, { cause })
}

/** What noise says when somebody else than the pinned key answers; the error has no name of its own. */
const otherKey = /does not match expected remote identity key/
