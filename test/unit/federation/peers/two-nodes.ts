/** Nodes on real libp2p over loopback, for the tests of link and peers. */
import { randomBytes } from 'node:crypto'
import { once, EventEmitter } from 'node:events'
import { createLibp2pNetwork, type Libp2pNetwork, type NetworkInit } from '../../../../federation/link/network.ts'
import type { Connection, FrameStream, Peer } from '../../../../federation/components.ts'
import type { Identity } from '../../../../federation/peers/components.ts'
import { createPeers, type NodePeers, type PeersInit } from '../../../../federation/peers/create-peers.ts'
import type { PeerRecord, PeerStore, Policy } from '../../../../federation/trust/components.ts'
import { createTrust, type Trust } from '../../../../federation/trust/create-trust.ts'
import { createSigningKey, createVerify, type SigningKey } from '../../../../node/crypto.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { issueCertificate } from '../../../../spec/certificate.ts'
import type { NodeId } from '../../../../spec/ids.ts'

export const silent = { debug() {}, info() {}, warn() {}, error() {} }

export const wallTimers = {
  soon: (work: () => void) => void setImmediate(work),
  after(ms: number, work: () => void) {
    const timer = setTimeout(work, ms)
    return () => clearTimeout(timer)
  },
}
export const wallClock = { now: () => Date.now(), monotonicMs: () => performance.now() }

export const memoryPeerStore = (): PeerStore & { readonly records: Map<NodeId, PeerRecord> } => {
  const records = new Map<NodeId, PeerRecord>()
  return {
    records,
    load: async () => [...records.values()],
    put: async (record) => void records.set(record.nodeId, record),
    delete: async (nodeId) => void records.delete(nodeId),
  }
}

export const openPolicy: Policy = { mode: 'open', allow: new Set(), deny: new Set() }
export const noLookups = { fetchText: async () => undefined, resolveTxt: async () => [] }

export interface Keys {
  readonly root: SigningKey
  readonly hot: SigningKey
  readonly nodeId: NodeId
}

export const newKeys = (root: SigningKey = createSigningKey()): Keys => ({
  root,
  hot: createSigningKey(),
  nodeId: encodeBase32(root.publicKey) as NodeId,
})

export const certify = ({ root, hot }: Pick<Keys, 'root' | 'hot'>, serial = 1): Uint8Array =>
  issueCertificate(root.sign, { serial, hotPublicKey: hot.publicKey, notBeforeMs: 1 })

export interface TestNode extends AsyncDisposable {
  readonly keys: Keys
  readonly network: Libp2pNetwork
  readonly peers: NodePeers
  readonly trust: Trust
  readonly store: ReturnType<typeof memoryPeerStore>
  address(): string
  /** The next peer, or the one that is there. */
  peer(nodeId: NodeId): Promise<Peer>
}

export const startNode = async (
  name: string,
  options: {
    readonly keys?: Keys
    readonly identity?: Partial<Identity>
    readonly network?: Partial<NetworkInit>
    readonly peers?: Partial<PeersInit>
    readonly policy?: Policy
    readonly store?: ReturnType<typeof memoryPeerStore>
    readonly clockAheadMs?: number
  } = {},
): Promise<TestNode> => {
  const keys = options.keys ?? newKeys()
  const store = options.store ?? memoryPeerStore()
  const network = createLibp2pNetwork(
    { signingKeySeed: keys.hot.seed, logger: silent },
    { listen: { host: '127.0.0.1', port: 0 }, ...options.network },
  )
  const trust = createTrust({
    self: keys.nodeId,
    verify: createVerify(),
    store,
    policy: () => options.policy ?? openPolicy,
    lookups: noLookups,
    clock: wallClock,
  })
  const certificate = certify(keys)
  const peers = createPeers(
    {
      network,
      trust,
      identity: { nodeId: keys.nodeId, certificate: () => certificate, name, ...options.identity },
      timers: wallTimers,
      clock: { ...wallClock, now: () => Date.now() + (options.clockAheadMs ?? 0) },
      random: Math.random,
      logger: silent,
    },
    { session: randomBytes(16), supervisor: { retryMs: 20, retryMaxMs: 100 }, ...options.peers },
  )
  await trust.start()
  const emitter = new EventEmitter()
  const seen = new Map<NodeId, Peer>()
  peers.onPeer((peer) => {
    seen.set(peer.nodeId, peer)
    void peer.closed.then(() => seen.get(peer.nodeId) === peer && seen.delete(peer.nodeId))
    emitter.emit(peer.nodeId, peer)
  })
  await peers.start()
  return {
    keys,
    network,
    peers,
    trust,
    store,
    address: () => network.addresses()[0] ?? '',
    peer: async (nodeId) => seen.get(nodeId) ?? ((await once(emitter, nodeId)) as [Peer])[0],
    [Symbol.asyncDispose]: () => peers.stop(),
  }
}

/** Two bare networks and a connection between them. */
export const connectedNetworks = async (): Promise<
  { near: Connection; far: Connection; a: Libp2pNetwork; b: Libp2pNetwork } & AsyncDisposable
> => {
  const make = (): Libp2pNetwork =>
    createLibp2pNetwork({ signingKeySeed: randomBytes(32), logger: silent }, { listen: { host: '127.0.0.1', port: 0 } })
  const [a, b] = [make(), make()]
  await Promise.all([a.start(), b.start()])
  const arrived = new Promise<Connection>((resolve) => b.onConnection(resolve))
  const near = await a.dial(b.addresses()[0] ?? '')
  const far = await arrived
  return {
    near,
    far,
    a,
    b,
    async [Symbol.asyncDispose]() {
      await Promise.all([a.stop(), b.stop()])
    },
  }
}

/** A stream from near to far, both ends. */
export const openStream = async (near: Connection, far: Connection): Promise<[FrameStream, FrameStream]> => {
  const arrived = new Promise<FrameStream>((resolve) => far.onStream('range', resolve))
  const stream = await near.open('range')
  return [stream, await arrived]
}
