/** The message log: signed, hash-linked feeds in arrival order. See spec/feed.md and docs/design of storage. */
import type { EventHeader } from '../../spec/event.ts'
import type { FeedOrigin } from '../../spec/feed.ts'
import type { ChannelId, EventId, FeedId, MemberId, NodeId } from '../../spec/ids.ts'
import type { Seal } from '../../spec/seal.ts'

/** Arrival position at this node: 1, 2, 3 … without holes. The cursor of catch-up. */
export type Position = number

/** What a member of this node says, before it is stamped. */
export interface Draft {
  readonly channel: ChannelId
  readonly member: MemberId
  /** The grant under which the author acts; undefined only in a genesis event. */
  readonly auth: EventId | undefined
  /** `msg`, `channel.create`, `grant` …: spec/event.md lists the kinds. */
  readonly type: string
  /** Deterministic CBOR. */
  readonly body: Uint8Array
  /** A client's own message id: (member, this) is stored once, across reconnects and restarts. */
  readonly clientMessageId?: string
}

/** A stored event. `raw` is what was signed, stored and forwarded; nothing is ever re-encoded. */
export interface Entry {
  readonly position: Position
  readonly id: EventId
  readonly channel: ChannelId
  readonly feed: FeedId
  readonly seq: number
  readonly node: NodeId
  readonly member: MemberId
  readonly auth: EventId | undefined
  readonly type: string
  /** Undefined once redacted. */
  readonly body: Uint8Array | undefined
  readonly raw: Uint8Array
}

export type Appended = { readonly status: 'appended' | 'duplicate'; readonly entry: Entry }

export type PageAnchor = { readonly before?: EventId; readonly after?: EventId; readonly around?: EventId }

/** An event that is about another of its channel. */
export interface Related {
  readonly target: EventId
  readonly id: EventId
}

/** Targets from `from` to `to`, both included. */
export interface RelatedRange {
  readonly from: EventId
  readonly to: EventId
  /** Of the target `to`, only events below this one. */
  readonly before?: EventId
  readonly limit?: number
  readonly reverse?: boolean
}

/** An event wants the body of its target gone, and `redact` was not called for it. */
export interface RedactionWanted {
  readonly channel: ChannelId
  readonly target: EventId
  readonly by: EventId
}

export interface RedactionsPage {
  readonly of?: Pick<RedactionWanted, 'channel' | 'target'>
  readonly after?: RedactionWanted
  readonly limit?: number
}

/** `[floor, head]` of one feed, with the hash of the head. */
export interface FeedVersion {
  readonly feed: FeedId
  readonly node: NodeId
  readonly channel: ChannelId
  /** 8 random bytes, hex. */
  readonly epoch: string
  readonly floor: number
  readonly head: number
  readonly headHash: Uint8Array
  readonly headId: EventId
  /** There is nothing below the floor that would be taken (FEED-7). */
  readonly isWhole: boolean
}

/** FEED-7: from where on a channel is kept. */
export interface Retention {
  /** Events with a lower id go: the first id of the moment, see `firstIdOf`. */
  readonly from: EventId
  /** The event that set it: what redacts the last event of a feed, which stays for its hash. */
  readonly because: EventId
}

/** A feed of this node got a seal, and the seal is on disk. */
export interface Sealed {
  readonly origin: FeedOrigin
  readonly feed: FeedId
  readonly seal: Seal
}

/** A contiguous piece of another node's feed, as it came from any peer. Nothing in it is trusted before it is checked. */
export interface RemoteSlice {
  readonly origin: FeedOrigin
  /** Sequence number of the first event. */
  readonly from: number
  readonly events: readonly Uint8Array[]
  /** Seal of the last event; undefined only for a backfill below what is here, which the chain vouches for. */
  readonly seal: Seal | undefined
  /** The origin's hot key, by its certificate. */
  readonly publicKey: Uint8Array
  /** For events without a body: the event that redacted each. */
  readonly redactedBy?: ReadonlyMap<EventId, EventId>
}

/** Called with the header of each event of a slice, once its chain and its seal hold. Throws to refuse the whole slice. */
export type Admit = (header: EventHeader) => void

/** A piece of a feed as it is served to peers, ending in a sealed event where one is at hand. */
export interface FeedSlice {
  readonly origin: FeedOrigin
  readonly from: number
  readonly events: readonly Uint8Array[]
  readonly seal: Seal | undefined
  /** As in `RemoteSlice`. */
  readonly redactedBy?: ReadonlyMap<EventId, EventId>
}

/** Something that `verify` found. */
export interface Finding {
  readonly kind: 'engine' | 'event' | 'chain' | 'seal' | 'position' | 'index' | 'head' | 'redaction'
  readonly channel?: ChannelId
  readonly feed?: FeedId
  readonly seq?: number
  readonly event?: EventId
  readonly position?: Position
  /** What is wrong, and what to do about it. */
  readonly what: string
  readonly fix: string
}

export interface VerifyProgress {
  readonly phase: 'events' | 'positions' | 'feeds'
  readonly done: number
  readonly total: number
}

export interface LogStats {
  readonly position: Position
  readonly channels: number
  readonly feeds: number
  /** Durable events that no seal covers yet. */
  readonly unsealed: number
  /** Drafts that wait for their batch. */
  readonly waiting: number
  /** The last fault in the background (seal, checkpoint, high-water mark), undefined after it went well again. */
  readonly fault: string | undefined
}

export interface Log extends AsyncDisposable {
  /** Last durable position. */
  readonly position: Position
  /**
   * Stamps (id, HLC, seq, prevHash), and appends. Calls are ordered: two drafts of one channel are stored in
   * the order of the calls. Resolves after the fsync; `duplicate` is a success. Throws HearthError.
   */
  append(draft: Draft): Promise<Appended>
  /** The id that the next append would get is not known before; genesis and create events learn theirs from `Appended`. */
  get(id: EventId): Promise<Entry | undefined>
  /** At most `limit` events of a channel in display order (ascending id). No anchor: the newest. */
  page(channel: ChannelId, anchor: PageAnchor, limit: number): Promise<Entry[]>
  /** Those of these events of a channel that are here, in the order of the ids given. */
  entries(channel: ChannelId, ids: readonly EventId[]): Promise<Entry[]>
  /** Events about others, by target and then by id, in one range read; the targets need not be here. */
  related(channel: ChannelId, kind: number, range: RelatedRange): Promise<Related[]>
  /** Targets alone, each once. */
  targets(channel: ChannelId, kind: number, range: RelatedRange): Promise<EventId[]>
  /** In the order of channel, target and event, at most `limit` after one; those of one message: `of`. */
  redactionsWanted(page?: RedactionsPage): Promise<RedactionWanted[]>
  /** Events of the channels (undefined: all) after a position, in arrival order; `to` is how far was read. */
  since(
    channels: ReadonlySet<ChannelId> | undefined,
    from: Position,
    limit: number,
  ): Promise<{ entries: Entry[]; to: Position }>
  /** The last events of a channel to arrive after a position, at most `limit`, in arrival order. */
  newest(channel: ChannelId, after: Position, limit: number): Promise<Entry[]>
  feeds(channel?: ChannelId): readonly FeedVersion[]
  /** As `feeds`, as far as seals go: what other nodes may be told of. */
  sealedFeeds(channel?: ChannelId): readonly FeedVersion[]
  /** Called after each flush of seals of this node's feeds is durable. Returns the unsubscribe. */
  onSealed(listener: (sealed: readonly Sealed[]) => void): () => void
  /** Called after each durable batch with its entries in order: the fan-out follows the log, never the request. Returns the unsubscribe. */
  onCommitted(listener: (entries: readonly Entry[]) => void): () => void
  /** Called after the floors of a channel have moved up (FEED-7). Returns the unsubscribe. */
  onRetained(listener: (channel: ChannelId) => void): () => void
  /** Called after the body of a stored event is gone for good. Returns the unsubscribe. */
  onRedacted(listener: (entry: Entry) => void): () => void
  /**
   * Takes a piece of another node's feed: checked (FEED-3 to FEED-6, SEAL-5), stored in one batch, announced like any
   * append. What is here already is skipped. Throws EVENT_INVALID, CHAIN_BROKEN (a hole before it, or two different
   * events with one number), SEAL_INVALID or CLOCK_AHEAD, or what `admit` throws.
   */
  appendRemote(slice: RemoteSlice, admit?: Admit): Promise<Entry[]>
  /**
   * Puts the seal of a piece that is here already in the place of the one that is stored (CERT-4). False: it is not here.
   * Throws as `appendRemote`.
   */
  reseal(slice: RemoteSlice): Promise<boolean>
  /**
   * Events of a feed from `from` on for peers: at most `limit`, or up to the next seal where that is further, unless
   * `within` says that history below what is sealed is wanted. Undefined: not held.
   */
  slice(feed: FeedId, from: number, limit: number, within?: boolean): Promise<FeedSlice | undefined>
  /** Drops salt and body of `id` because of the event `by` (EVENT-6); once is enough. NOT_FOUND when one of them is not here. */
  redact(id: EventId, by: EventId): Promise<Entry>
  /**
   * FEED-7: drops what a channel holds from before, in the background of everything else, and takes no more of it. Resolves
   * with the number of events that are gone. A beginning moves up only; the same one again takes what came late.
   * Cut short, it goes on at the next start.
   */
  retain(channel: ChannelId, retention: Retention): Promise<number>
  /** Below this id nothing of a channel is shown nor taken; undefined: it is kept from its first event on. */
  beginningOf(channel: ChannelId): EventId | undefined
  /** Seals what is durable now, without waiting for the next flush. */
  seal(): Promise<void>
  /**
   * From now on this node's events in these channels are sealed in the batch that stores them, or soon after while seals
   * come thick and fast: others wait for them. One question at a time, the last one counts. Returns the end of it.
   */
  sealPromptly(isAwaited: (channel: ChannelId) => boolean): () => void
  /** Walks everything: bodies, chains, seals, positions, indexes. Appends go on meanwhile and are not looked at. */
  verify(onProgress?: (progress: VerifyProgress) => void): Promise<Finding[]>
  stats(): LogStats
}
