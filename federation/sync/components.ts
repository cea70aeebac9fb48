/** What sync needs from the house, and what the house sees of it (spec/sync.md). */
import type { Sha256, Verify } from '../../spec/crypto.ts'
import type { FeedOrigin } from '../../spec/feed.ts'
import type { ChannelId, EventId, FeedId, NodeId, ServerId } from '../../spec/ids.ts'
import type { Seal } from '../../spec/seal.ts'
import type { ForkFrame } from '../../spec/sync/frames.ts'
import type { Directory, Peers, Timers } from '../components.ts'
import type { Newest } from './newest.ts'

/** `[floor, head]` of a feed, as far as it is sealed. */
export interface Version extends FeedOrigin {
  readonly feed: FeedId
  readonly floor: number
  readonly head: number
  readonly headHash: Uint8Array
  readonly headId: EventId
  /** Nothing below the floor would be taken: the feed begins there, or the channel does (FEED-7). */
  readonly isWhole: boolean
}

/** A piece of a feed on its way in or out of the log. */
export interface Slice {
  readonly origin: FeedOrigin
  readonly from: number
  readonly events: readonly Uint8Array[]
  readonly seal: Seal | undefined
  readonly redactedBy?: ReadonlyMap<EventId, EventId>
}

/** As much of an entry as is needed to pass it on. */
export interface Committed {
  readonly channel: ChannelId
  readonly feed: FeedId
  readonly seq: number
  readonly node: NodeId
  readonly raw: Uint8Array
  readonly body: Uint8Array | undefined
}

/** The log, as far as sync sees it. */
export interface SyncLog {
  sealedFeeds(channel?: ChannelId): readonly Version[]
  /** At most `limit` events, or up to the next seal where that is further, unless `within`; undefined: not held. */
  slice(feed: FeedId, from: number, limit: number, within?: boolean): Promise<Slice | undefined>
  appendRemote(slice: Slice & { readonly publicKey: Uint8Array }): Promise<readonly unknown[]>
  /** Another seal for what is held; false: it is not. */
  reseal?(slice: Slice & { readonly publicKey: Uint8Array }): Promise<boolean>
  get(id: EventId): Promise<{ readonly channel: ChannelId } | undefined>
  onCommitted(listener: (entries: readonly Committed[]) => void): () => void
  /** Floors of a channel have moved up (FEED-7). */
  onRetained(listener: (channel: ChannelId) => void): () => void
  onSealed(
    listener: (sealed: readonly { readonly origin: FeedOrigin; readonly feed: FeedId; readonly seal: Seal }[]) => void,
  ): () => void
}

export interface HotKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** CERT-1, as it is passed on. */
  readonly certificate: Uint8Array
  /** Unix ms. */
  readonly notBeforeMs: number
}

/**
 * Hot keys of nodes by their certificates, this node's own too. Kept for as long as the events under them: without its
 * certificate nobody takes an event from us, and its node may never come back.
 */
export interface HotKeys {
  /** Highest serial first, without those that are revoked (CERT-4); empty for a node that was never heard of. */
  of(node: NodeId): readonly HotKey[]
  /** CERT-4 */
  revokedOf?(node: NodeId): readonly HotKey[]
  /** Takes a certificate, whoever brings it. False: the node's root did not sign it (CERT-2). */
  learn(node: NodeId, certificate: Uint8Array): boolean
}

/** A log line is an event name and fields. */
export interface Logger {
  debug(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface SyncComponents {
  readonly log: SyncLog
  readonly peers: Peers
  readonly directory: Directory
  readonly keys: HotKeys
  readonly hash: Sha256
  readonly verify: Verify
  readonly timers: Timers
  /** Unix ms. */
  readonly clock: { now(): number }
  /** From 0 up to 1. */
  readonly random: () => number
  readonly logger: Logger
}

export interface SyncInit {
  readonly nodeId: NodeId
  /** Proofs from before the last start (`Equivocation.proof`). */
  readonly proofs?: readonly Uint8Array[]
  /** Pause between two rounds of anti-entropy, in ms; 30,000, spread by half. */
  readonly summaryMs?: number
  /** Serving nodes of a server up to which all push to all; 32. */
  readonly meshMax?: number
  /** Newest events of each feed that come first when joining; 50. */
  readonly newest?: number
  /** Without a frame for so long, an answer is given up, in ms; 30,000. */
  readonly answerMs?: number
}

/** SYNC-11: a node wrote two different events with one number. What it says from `at` on counts for nothing. */
export interface Equivocation {
  readonly feed: FeedId
  readonly origin: FeedOrigin
  /** The first sequence number at which the feed forks. */
  readonly at: number
  /** The FORK frame: anyone can check it. */
  readonly proof: Uint8Array
  readonly frame: ForkFrame
}

/** One line of `hearth federation status`. */
export interface SyncStatus {
  readonly server: ServerId
  readonly node: NodeId
  readonly connected: boolean
  /** Events that this peer has and we lack. */
  readonly lagEvents: number
  /** Since when we know that we lack something of it, in s; 0: nothing. */
  readonly lagSeconds: number
  /** History: events that are here, and that there are. */
  readonly backfill: { readonly done: number; readonly total: number }
  readonly lastError: string | undefined
}

export type Replicated = (feed: FeedId, seq: number, by: NodeId) => void

export interface Whisper {
  readonly kind: string
  readonly key: Uint8Array
  readonly payload: Uint8Array
}

export interface Sync extends AsyncDisposable {
  start(): void
  /** Ends all requests; the log is the caller's. */
  stop(): Promise<void>
  /** Fetches a server from a node that lets us have it. Resolves once its governance is here. NOT_ALLOWED, NOT_FOUND, NO_ANSWER. */
  join(server: ServerId, from: NodeId): Promise<void>
  /** After `join`: until the newest events of each channel are here, as far as that node has them. */
  readonly newest: Newest['wait']
  /** Takes and gives nothing of the server any more, until the next `join`. */
  leave(server: ServerId): void
  status(): SyncStatus[]
  equivocations(): readonly Equivocation[]
  onEquivocation(listener: (found: Equivocation) => void): () => void
  /** `by` has synced our feed to its disk up to `seq`. */
  onReplicated(listener: Replicated): () => void
  /** How many nodes have synced our feed to their disk up to `seq`, as far as they said since we started. */
  holders(feed: FeedId, seq: number): number
  /** To one node; of one kind and key only the latest arrives. Never rejects; false: it did not go out. */
  whisper(to: NodeId, whisper: Whisper): Promise<boolean>
  onWhisper(listener: (from: NodeId, whisper: Whisper) => void): () => void
  /** SYNC-12: the nodes that it should be connected to. */
  links(): ReadonlySet<NodeId>
}
