/** What the doors to other nodes need from the house, and what the parts of this folder need from each other. */
import type { HearthError } from '../spec/errors.ts'
import type { ChannelId, NodeId, ServerId } from '../spec/ids.ts'

/** One stream of frames to a peer: ordered, flow-controlled both ways, a frame at most `limits.frameBytesMax`. */
export interface FrameStream {
  /** All frames in one send. Resolves when the peer takes more; rejects once the stream has ended. */
  write(frames: readonly Uint8Array[]): Promise<void>
  /** Every whole frame that is here, at least one; undefined at the end. While nobody reads, the peer is held back. */
  read(): Promise<readonly Uint8Array[] | undefined>
  /** Ends our side after what was written. */
  close(): Promise<void>
  /** Ends both sides at once. */
  abort(reason: HearthError): void
}

/** `ctl` lives as long as the connection; `range` never blocks `ctl`; `eph` is bounded, latest wins; `call` is one question; `blob` comes later. */
export type StreamKind = 'ctl' | 'range' | 'eph' | 'call' | 'blob'

/** An encrypted, authenticated connection. Who is behind it as a node is proven by HELLO, not here. */
export interface Connection {
  /** The Ed25519 hot key that the transport has proven (Noise), 32 bytes. */
  readonly remoteKey: Uint8Array
  readonly inbound: boolean
  /** Reached through a relay: limits apply. */
  readonly relayed: boolean
  open(kind: StreamKind): Promise<FrameStream>
  /** At most one handler a kind; a stream without one is refused. */
  onStream(kind: StreamKind, handler: (stream: FrameStream) => void): void
  readonly closed: Promise<void>
  close(): Promise<void>
}

/** The wire: libp2p in a node, virtual in the simulator. */
export interface Network {
  start(): Promise<void>
  stop(): Promise<void>
  /** Multiaddrs to be given to others. */
  addresses(): readonly string[]
  /** Throws NODE_DOWN or PEER_REFUSED; `key` pins the remote hot key. */
  dial(address: string, key?: Uint8Array): Promise<Connection>
  /** Every new connection, dialled ones too, before `dial` resolves. Streams that come before this turn is over wait. */
  onConnection(listener: (connection: Connection) => void): () => void
}

/**
 * A node that has proven who it is (TRUST-1), over the one connection that is kept to it. What it sends is metered:
 * a peer over its budget is read more slowly, by itself. A new connection to the same node is a new `Peer`.
 */
export interface Peer {
  readonly nodeId: NodeId
  /** The hot key that its certificate names, 32 bytes. */
  readonly key: Uint8Array
  /** What it calls itself: for people, never for decisions. */
  readonly name: string
  readonly capabilities: readonly string[]
  /** `range`, `eph`, `call` and `blob`; streams that came before a handler was set wait for it. */
  readonly connection: Connection
  /** LINK-7: a frame is a CBOR array whose first item is its type; here are the types from 16 up, the link keeps 0 to 15. */
  readonly ctl: FrameStream
  readonly budget: PeerBudget
  /** Its clock minus ours in ms, by the fastest of the last pings; undefined before the first. */
  clockOffsetMs(): number | undefined
  /** The connection is over, or another one to the same node took its place. */
  readonly closed: Promise<void>
}

/** What one peer may cost us. Bytes are metered by the streams; the rest is said by who does the work. */
export interface PeerBudget {
  /** Events taken from the peer: past the rate its streams are read more slowly. */
  spendEvents(count: number): void
  /** One more request of the peer that is being answered; undefined when it has too many open. Returns its end. */
  openRequest(): (() => void) | undefined
  /** Memory held for the peer; undefined when it would be too much. Returns the release. */
  hold(bytes: number): (() => void) | undefined
  /** Something that no honest peer does. At 100 points, which drain over time, the peer is cut off and told why. */
  fault(points: number, reason: string): void
}

export interface Peers {
  /** Called for peers that are there already, too. Returns the unsubscribe. */
  onPeer(listener: (peer: Peer) => void): () => void
}

/** When things run, so that the simulator decides it. */
export interface Timers {
  soon(work: () => void): void
  /** Returns the cancel. */
  after(ms: number, work: () => void): () => void
}

/**
 * What this node replicates, and who may have it: read off the governance by the node. Everything is asked anew after
 * `onChanged`; a node that lost its entitlement is served nothing from then on.
 */
export interface Directory {
  /** Servers that this node serves, each with its governance channel and the channels that it replicates. */
  servers(): readonly {
    readonly server: ServerId
    readonly governance: ChannelId
    readonly channels: readonly ChannelId[]
  }[]
  /** Nodes that serve the channel, this one left out. */
  peersOf(channel: ChannelId): readonly NodeId[]
  /** May that node have the channel? (Private channels: only nodes that host an entitled member.) */
  mayServe(node: NodeId, channel: ChannelId): boolean
  /** Has that node, or had it, a member who was let in: are its feeds taken? (Of a node that left, they still are.) */
  mayWrite(node: NodeId, channel: ChannelId): boolean
  onChanged(listener: () => void): () => void
}
