/**
 * libp2p, put together (LINK-1). It is imported here and only when a node starts its network: with federation off
 * nobody pays its half second and its 80 MB.
 */
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { TransportManager } from '@libp2p/interface-internal'
import type { Libp2p } from 'libp2p'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { NetworkInit } from './network.ts'
import { streamsMax } from './connection.ts'

export interface Libp2pNode {
  readonly node: Libp2p
  readonly transports: TransportManager
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
  return {
    node,
    transports: transportsOf(node),
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

/** Relays are listened on at any time, which the public interface of libp2p only does at the start. */
const transportsOf = (node: Libp2p): TransportManager => {
  const { components } = node as Libp2p & { readonly components?: { readonly transportManager?: TransportManager } }
  if (components?.transportManager === undefined) throw new TypeError('libp2p has no transport manager')
  return components.transportManager
}
