/**
 * What nodes say to each other about feeds (spec/sync.md). A frame is a CBOR array whose first item is its type: 16 to 31
 * on `ctl`, 32 to 47 on `range`, 48 on `eph`. Ids are text, branded, as everywhere; hashes and raw events are bytes.
 */
import type { FeedOrigin } from '../feed.ts'
import type { ChannelId, EventId, FeedId, ServerId } from '../ids.ts'
import type { Seal } from '../seal.ts'

/** SYNC-2: 32 bytes over all that both may have. */
export interface SummaryFrame {
  readonly type: 'summary'
  readonly digest: Uint8Array
}

export interface ServersFrame {
  readonly type: 'servers'
  readonly servers: readonly {
    readonly server: ServerId
    readonly governance: ChannelId
    readonly digest: Uint8Array
  }[]
}

export interface ChannelsFrame {
  readonly type: 'channels'
  readonly server: ServerId
  readonly channels: readonly { readonly channel: ChannelId; readonly digest: Uint8Array }[]
}

/** `[floor, head]` of one feed, with hash and id of the head, as far as it is sealed. */
export interface FeedState {
  readonly origin: FeedOrigin
  readonly floor: number
  readonly head: number
  readonly headHash: Uint8Array
  readonly headId: EventId
}

/** SYNC-5: a version vector. `ask`: the other's is wanted too. `more`: another frame of the same vector follows. */
export interface VectorFrame {
  readonly type: 'vector'
  readonly channel: ChannelId
  readonly ask: boolean
  readonly more: boolean
  readonly feeds: readonly FeedState[]
}

/** SYNC-13: feeds that the sender has news of and does not push. */
export interface HaveFrame {
  readonly type: 'have'
  readonly channel: ChannelId
  readonly feeds: readonly FeedState[]
}

/** A contiguous piece of a feed (SYNC-6). */
export interface Piece {
  readonly origin: FeedOrigin
  readonly from: number
  readonly events: readonly Uint8Array[]
  /** Of the last event; undefined only in an answer that goes on, or goes down. */
  readonly seal: Seal | undefined
  /** For events without a body: the event that redacted each. */
  readonly redactedBy: ReadonlyMap<EventId, EventId>
  /** Of the origin, unless the receiver has them on this stream already (CERT-1). */
  readonly certificates: readonly Uint8Array[]
}

export interface PushFrame {
  readonly type: 'push'
  readonly piece: Piece
}

/** SYNC-8: the sender has synced this feed to its disk up to here. */
export interface AckFrame {
  readonly type: 'ack'
  readonly feed: FeedId
  readonly seq: number
}

/** SYNC-9: a piece was not taken; `head` is what the sender has of the feed. */
export interface NackFrame {
  readonly type: 'nack'
  readonly feed: FeedId
  readonly head: number
  readonly code: string
  readonly detail: string
}

/** SYNC-14: push everything of this server to me, or only tell me. */
export interface GraftFrame {
  readonly type: 'graft'
  readonly server: ServerId
  readonly eager: boolean
}

/** One side of a fork: headers from the place on where both differ, up to a seal. */
export interface Branch {
  readonly headers: readonly Uint8Array[]
  readonly seal: Seal
}

/** SYNC-11: proof that the origin wrote two events `from`. */
export interface ForkFrame {
  readonly type: 'fork'
  readonly origin: FeedOrigin
  readonly from: number
  readonly branches: readonly [Branch, Branch]
  readonly certificates: readonly Uint8Array[]
}

/** SYNC-7: events `from` to `to`; upwards past `to` as far as the next seal, or downwards in descending pieces. */
export interface WantFrame {
  readonly type: 'want'
  readonly id: number
  readonly feed: FeedId
  readonly from: number
  readonly to: number
  readonly down: boolean
}

export interface RangeFrame {
  readonly type: 'range'
  readonly id: number
  readonly piece: Piece
}

/** Ends an answer. `code` undefined: it is complete. */
export interface EndFrame {
  readonly type: 'end'
  readonly id: number
  readonly code: string | undefined
  readonly detail: string
}

/** Nobody waits for this answer any more. */
export interface CancelFrame {
  readonly type: 'cancel'
  readonly id: number
}

/** SYNC-16: never stored; of one kind and key only the latest counts. */
export interface WhisperFrame {
  readonly type: 'whisper'
  readonly kind: string
  readonly key: Uint8Array
  readonly payload: Uint8Array
}

/** Of a later version: passed over (SYNC-1). */
export interface UnknownFrame {
  readonly type: 'unknown'
}

export type CtlFrame =
  | SummaryFrame
  | ServersFrame
  | ChannelsFrame
  | VectorFrame
  | HaveFrame
  | PushFrame
  | AckFrame
  | NackFrame
  | GraftFrame
  | ForkFrame

export type SyncFrame = CtlFrame | WantFrame | RangeFrame | EndFrame | CancelFrame | WhisperFrame

export const frameTypes = {
  summary: 16,
  servers: 17,
  channels: 18,
  vector: 19,
  have: 20,
  push: 21,
  ack: 22,
  nack: 23,
  graft: 24,
  fork: 25,
  want: 32,
  range: 33,
  end: 34,
  cancel: 35,
  whisper: 48,
} as const satisfies Record<SyncFrame['type'], number>

/** SYNC-1: what one frame may hold. */
export const frameLimits = {
  serversMax: 1_000,
  channelsMax: 1_024,
  feedsMax: 4_096,
  eventsMax: 4_096,
  certificatesMax: 8,
  certificateBytesMax: 512,
  headersMax: 1_024,
  rangeMax: 65_536,
  detailCharsMax: 200,
  whisperKeyBytesMax: 64,
  whisperBytesMax: 4_096,
} as const
