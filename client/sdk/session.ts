/// <reference lib="esnext.disposable" preserve="true" />
import type { z } from 'zod'
import type { CallSpec } from '../../spec/calls/call.ts'
import type { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import type { EventJson } from '../../spec/message.ts'
import type { Verdict } from './authors.ts'
import type { CallInit } from './calls.ts'
import type { ConnectionState } from './connection.ts'
import type { Notice } from './notices.ts'
import type { Outgoing } from './outbox.ts'
import type { OfflineStore } from './store/offline-store.ts'
import type { Timeline, TimelineItem } from './timeline.ts'

export interface ConnectInit {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  readonly url: string
  readonly user: string
  /**
   * A password, or `INVITE:password` to register. One of `password` and `token`; neither: a ticket signed by the key of
   * this device that is in the store (ACC-30).
   */
  readonly password?: string
  /** An app token. */
  readonly token?: string
  /** Client id: stable for this device (ID-9), so that the node knows it again. One connection at a time has it. */
  readonly device: string
  /** `Session.cursor` of the last time; undefined: that of the store, or only what comes from now on counts as unread. */
  readonly cursor?: number | undefined
  /** What was seen and said is kept there, and shown again after a restart. Closed with the session. */
  readonly store?: OfflineStore
  /** With a store: do not wait for the first connection. What it fails with is told as a state, not thrown. */
  readonly startOffline?: boolean
  /** Hear what concerns the user over all channels; default true. */
  readonly inbox?: boolean
  /** Default a week; 0 for a visit that leaves nothing behind. */
  readonly sessionExpirySeconds?: number
  /** Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Take any TLS certificate: for a self-signed node on this machine. */
  readonly insecureTls?: boolean
}

export interface SendInit {
  /** Client message id; a new one if left out. */
  readonly id?: string
  readonly replyTo?: EventId
  readonly thread?: EventId
}

export type Change =
  | { readonly kind: 'state'; readonly state: ConnectionState }
  /** A new event of a followed channel, live or caught up, in the order of arrival at the node. */
  | { readonly kind: 'event'; readonly event: EventJson }
  /** `items(channel)` has changed, by an event, a page of history or what this device says. */
  | { readonly kind: 'timeline'; readonly channel: ChannelId }
  /** What concerns the user over all channels: a mention, a friend request, a marker of another device … */
  | { readonly kind: 'inbox'; readonly message: Notice }
  /** What the node says on `u/{me}/errors`, a subscription that it refused, or a fault of the store. */
  | { readonly kind: 'error'; readonly error: HearthError }

/** A login that stays: it reconnects until `close()` or an error that another attempt would only repeat. */
export interface Session extends AsyncDisposable {
  readonly user: string
  /** `alice@home.example`; undefined before the node has told it. */
  readonly address: string | undefined
  readonly state: ConnectionState
  /** Every event of the followed channels up to this arrival position came; undefined before the first catch-up. */
  readonly cursor: number | undefined
  /** Throws the node's HearthError, CONNECTION_LOST (at once when offline) or NO_ANSWER. */
  call<I extends z.ZodType, O extends z.ZodType>(
    spec: CallSpec<I, O>,
    input: z.input<I>,
    init?: CallInit,
  ): Promise<z.output<O>>
  /**
   * Follows channels, now and after every reconnection. Resolves to those that the node refused, with why. Pages are
   * loaded after it: between a page and a later subscription something could be said unheard.
   */
  subscribe(...channels: readonly ChannelId[]): Promise<ReadonlyMap<ChannelId, HearthError>>
  /** Stops following, and drops the timeline. */
  forget(channel: ChannelId): void
  timeline(channel: ChannelId): Timeline
  /** The timeline, then the local echo of what is still on its way. */
  items(channel: ChannelId): readonly TimelineItem[]
  /** Loads the newest page, or the one before the oldest shown. Throws like `call`. */
  loadOlder(channel: ChannelId, limit?: number): Promise<void>
  /** Says a text; offline it waits in the outbox. The outcome is returned, not thrown. */
  send(channel: ChannelId, text: string, init?: SendInit): Promise<Outgoing>
  /** Sends a failed message again, under its id. */
  retry(id: string): void
  /** Changes the text of an own message. Undefined: it was so already. Throws like `call`. */
  edit(channel: ChannelId, target: EventId, text: string): Promise<EventId | undefined>
  /**
   * Makes a key for this device and registers it: from now on what it says is signed (SIGN-1), and it logs in by the key when
   * its store has it. Returns the public key. Throws like `call`.
   */
  enrollDevice(): Promise<string>
  /** Public key of this device, base32; undefined: it has none. */
  readonly deviceKey: string | undefined
  /** With this device's key for that of another device of the same user (SIGN-4). Throws like `call`, or BAD_REQUEST. */
  vouch(key: string): Promise<void>
  /** Takes a key whose messages are `new` for the author's (SIGN-8). NOT_FOUND: nobody has told of that author yet. */
  accept(address: string, key: string): void
  /** Messages that no PUBACK has answered. */
  readonly pendingCount: number
  isOwn(event: EventJson): boolean
  /** What the signature of a message is worth; undefined while it is looked into, and for what is no message. */
  verdict(event: EventJson): Verdict | undefined
  /** Resolves when the store holds everything up to now; without a store at once. */
  saved(): Promise<void>
  /** Returns the unsubscribe. */
  onChange(listener: (change: Change) => void): () => void
  close(): Promise<void>
}
