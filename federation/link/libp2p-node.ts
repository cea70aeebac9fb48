/**
 * libp2p, put together (LINK-1). It is imported here and only when a node starts its network: with federation off
 * nobody pays its half second and its 80 MB.
 */
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { AddressManager, TransportManager } from '@libp2p/interface-internal'
import type { Libp2p } from 'libp2p'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { NetworkInit } from './network.ts'
import { streamsMax } from './connection.ts'

export interface Libp2pNode {
  readonly node: Libp2p
  readonly transports: TransportManager
  /**
   * Takes the addresses that are listened on for what they are. libp2p holds a public one back until other nodes have dialled
   * it by AutoNAT, which nobody here speaks; whether a node is reachable, `hearth doctor` asks.
   */
  readonly confirmOwn: () => void
  readonly multiaddr: (text: string) => Multiaddr
  readonly peerIdOf: (key: Uint8Array) => PeerId
}

/** Not started yet. */
export const createLibp2pNode = async (signingKeySeed: Uint8Array, init: NetworkInit): Promise<Libp2pNode> => {
  const [
    { createLibp2p },
    { tcp },
    { noise },
    { yamux },
    { identify },
    { circuitRelayServer, circuitRelayTransport },
    { dcutr },
    { generateKeyPairFromSeed, publicKeyFromRaw },
    { peerIdFromPublicKey },
    { multiaddr },
  ] = await Promise.all([
    import('libp2p'),
    import('@libp2p/tcp'),
    import('@chainsafe/libp2p-noise'),
    import('@chainsafe/libp2p-yamux'),
    import('@libp2p/identify'),
    import('@libp2p/circuit-relay-v2'),
    import('@libp2p/dcutr'),
    import('@libp2p/crypto/keys'),
    import('@libp2p/peer-id'),
    import('@multiformats/multiaddr'),
  ])
  const privateKey: PrivateKey = await generateKeyPairFromSeed('Ed25519', signingKeySeed)
  const node = await createLibp2p({
    start: false,
    privateKey,
    nodeInfo: { userAgent: 'hearth' },
    addresses: { listen: listenAddresses(init.listen), appendAnnounce: [...(init.announce ?? [])] },
    transports: [
      tcp({ inboundSocketInactivityTimeout: idleMs, outboundSocketInactivityTimeout: idleMs }),
      circuitRelayTransport({ maxInboundStopStreams: relayedMax, maxOutboundStopStreams: relayedMax }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: 8 * streamsMax,
        streamOptions: { initialStreamWindowSize: 256 * 1024, maxStreamWindowSize: windowBytes },
      }),
    ],
    connectionManager: {
      maxConnections: connectionsMax,
      maxIncomingPendingConnections: 64,
      inboundConnectionThreshold: inboundPerSecond,
      reconnectRetries: 0,
    },
    peerDiscovery: init.mdns === true ? [(await import('@libp2p/mdns')).mdns({ serviceTag: 'hearth.local' })] : [],
    services: {
      identify: identify(),
      dcutr: dcutr(),
      ...(init.relay?.serve === true && {
        relay: circuitRelayServer({
          maxInboundHopStreams: relayedMax,
          maxOutboundStopStreams: relayedMax,
          // LINK-9: a conversation between nodes lasts for months.
          reservations: { maxReservations: relayedMax, applyDefaultLimit: false },
        }),
      }),
    },
  })
  const { transportManager: transports, addressManager } = componentsOf(node)
  return {
    node,
    transports,
    confirmOwn() {
      for (const address of transports.getAddrs()) {
        if (address.toString().includes('/p2p-circuit')) continue
        addressManager.confirmObservedAddr(address, { type: 'transport', ttl: Number.MAX_SAFE_INTEGER })
      }
    },
    multiaddr,
    peerIdOf: (key) => peerIdFromPublicKey(publicKeyFromRaw(key)),
  }
}

/** The peer's share of our memory for one stream that we do not read; 10 MB/s over a link of 100 ms. */
const windowBytes = 1024 * 1024
/** The link says something every 15 s. */
const idleMs = 90_000
const connectionsMax = 1_000
/** Connections of one address that are let in within a second: nodes may share an address behind NAT. */
const inboundPerSecond = 64
const relayedMax = 256

const listenAddresses = ({ host, port }: NetworkInit['listen']): string[] =>
  host === undefined
    ? [`/ip4/0.0.0.0/tcp/${port}`, `/ip6/::/tcp/${port}`]
    : [`/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/${port}`]

interface Components {
  readonly transportManager: TransportManager
  readonly addressManager: AddressManager
}

/** Relays are listened on at any time, and addresses confirmed, which the public interface of libp2p does not offer. */
const componentsOf = (node: Libp2p): Components => {
  const { components = {} } = node as Libp2p & { readonly components?: Partial<Components> }
  const { transportManager, addressManager } = components
  if (transportManager === undefined || addressManager === undefined)
    throw new TypeError('libp2p has other parts inside')
  return { transportManager, addressManager }
}
