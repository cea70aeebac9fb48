import type { z } from 'zod'
import type { CallSpec } from '../../spec/calls/call.ts'
import { eventJson, type EventJson } from '../../spec/message.ts'
import { HearthError } from '../../spec/errors.ts'
import { isChannelId } from '../../spec/identifiers.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { createBackOff } from './back-off.ts'
import { createCalls, jsonOf, type CallInit } from './calls.ts'
import type { Delivery, Link, SdkComponents } from './components.ts'
import { openConnection, type Connection, type ConnectionState } from './connection.ts'
import { createKeeping } from './keeping.ts'
import { fieldOf, namedErrorOf } from './named-error.ts'
import { createOutbox, type Outgoing } from './outbox.ts'
import { createReader } from './reader.ts'
import { createReceipts } from './receipts.ts'
import type { OfflineStore } from './store/offline-store.ts'
import type { Timeline, TimelineItem } from './timeline.ts'

export interface ConnectInit {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  readonly url: string
  readonly user: string
  /** A password, or `INVITE:password` to register. One of `password` and `token`. */
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
  /** What concerns the user over all channels (INBOX-13). Types may be added: pass over those that are not known. */
  | { readonly kind: 'inbox'; readonly message: { readonly type: string; readonly [field: string]: unknown } }
  /** What the node says on `u/{me}/errors`, a subscription that it refused, or a fault of the store. */
  | { readonly kind: 'error'; readonly error: HearthError }

/** A login that stays: it reconnects until `close()` or an error that another attempt would only repeat. */
export interface Session extends AsyncDisposable {
  readonly user: string
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
  /** Messages that no PUBACK has answered. */
  readonly pendingCount: number
  isOwn(event: EventJson): boolean
  /** Resolves when the store holds everything up to now; without a store at once. */
  saved(): Promise<void>
  /** Returns the unsubscribe. */
  onChange(listener: (change: Change) => void): () => void
  close(): Promise<void>
}

/** Resolves when the first connection stands. Throws the named error of the CONNACK, or CONNECTION_LOST. */
export const openSession = async (components: SdkComponents, init: ConnectInit): Promise<Session> => {
  try {
    return await open(components, init)
  } catch (error) {
    await init.store?.close()
    throw error
  }
}

const open = async (components: SdkComponents, init: ConnectInit): Promise<Session> => {
  const { user, store } = init
  const remembered = await store?.remember(user)
  const listeners = new Set<(change: Change) => void>()
  const tell = (change: Change): void => listeners.forEach((listener) => listener(change))
  const isOwn = (event: EventJson): boolean => event.author.address.split('@')[0] === user
  const calls = createCalls(components, { user })
  const outbox = createOutbox(components, {
    onChange: (channel) => tell({ kind: 'timeline', channel }),
    awaitsEvent: (channel) => reader.isFollowed(channel),
    ...(remembered && { kept: remembered.outbox }),
    keep: (outgoing) => keeping?.keep(outgoing),
    drop: (id) => keeping?.drop(id),
  })
  const receipts = createReceipts()
  const settle = (event: EventJson): void => {
    if (event.clientId !== undefined && isOwn(event)) outbox.settle(event.clientId)
  }
  const reader = createReader({
    cursor: init.cursor ?? remembered?.cursor,
    isOwn,
    call: (link, spec, input) => calls.call(link, spec, input),
    onEvent: (event) => {
      settle(event)
      tell({ kind: 'event', event })
      changed(event.channel)
    },
    onPage: (channel, events) => {
      events.forEach(settle)
      changed(channel)
    },
    restore: async (channel) => {
      const kept = await store?.channel(channel)
      for (const { event, nodes } of kept?.events ?? []) if (nodes !== undefined) receipts.restore(event.id, nodes)
      return kept
    },
  })
  const keeping =
    store &&
    createKeeping({
      delay: (ms, signal) => components.delay(ms, signal),
      store,
      reader,
      nodesOf: (event) => receipts.nodes(event),
      onFault: (error) => tell({ kind: 'error', error }),
    })
  const changed = (channel: ChannelId): void => {
    keeping?.seen(channel)
    tell({ kind: 'timeline', channel })
  }

  const onInbox = (message: unknown): void => {
    const type = fieldOf(message, 'type')
    if (typeof type !== 'string') return
    const channel = fieldOf(message, 'channel')
    if (receipts.onInbox(message) !== undefined && isChannelId(channel) && reader.isFollowed(channel)) changed(channel)
    tell({ kind: 'inbox', message: { ...(message as object), type } })
  }

  const onDelivery = (delivery: Delivery): void => {
    if (delivery.topic === `u/${user}/reply`) return calls.onReply(delivery)
    const message = jsonOf(delivery.payload)
    if (delivery.topic === `u/${user}/errors`) {
      const error = namedErrorOf(message)
      return error && tell({ kind: 'error', error })
    }
    if (delivery.topic === `u/${user}/inbox`) return onInbox(message)
    const event = eventJson.safeParse(message)
    if (event.success) reader.onLive(event.data)
  }

  const openLink = (): Promise<Link> => {
    reader.hold()
    return components.openLink({
      url: init.url,
      user,
      password: init.token ?? init.password ?? '',
      device: init.device,
      sessionExpirySeconds: init.sessionExpirySeconds ?? limits.sessionExpirySeconds,
      connectTimeoutMs: init.connectTimeoutMs ?? 10_000,
      insecureTls: init.insecureTls ?? false,
      onDelivery,
    })
  }

  /** A reply could overtake the subscription to it. */
  let listening: Promise<unknown> = Promise.resolve()
  const onUp = async (link: Link): Promise<void> => {
    listening = link.subscribe(
      ['reply', 'errors', ...(init.inbox === false ? [] : ['inbox'])].map((name) => `u/${user}/${name}`),
    )
    await listening
    outbox.resume(link)
    const refused = await reader.catchUp(link)
    for (const error of refused.values()) tell({ kind: 'error', error })
  }

  const connection: Connection = await openConnection(
    { ...components, backOff: createBackOff(components) },
    {
      open: openLink,
      startOffline: store !== undefined && init.startOffline === true,
      onUp,
      onDown: (error) => {
        outbox.pause()
        calls.onLost(error)
      },
      onState: (state) => tell({ kind: 'state', state }),
    },
  )
  const shownEvent = (event: EventJson): TimelineItem => ({
    kind: 'event',
    event,
    ...(isOwn(event) && {
      mark: receipts.nodes(event.id) === undefined ? ('stored' as const) : ('replicated' as const),
    }),
  })
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= connection.close().then(() => keeping?.close()))
  const requireLink = (): Link => {
    if (connection.link === undefined) throw new HearthError('CONNECTION_LOST')
    return connection.link
  }

  return {
    user,
    get state() {
      return connection.state
    },
    get cursor() {
      return reader.cursor
    },
    call: async (spec, input, callInit) => {
      const link = requireLink()
      await listening
      return calls.call(link, spec, input, callInit)
    },
    subscribe: (...channels) => reader.follow(channels, () => connection.link),
    forget: (channel) => {
      reader.forget(channel, connection.link)
      keeping?.forget(channel)
    },
    timeline: (channel) => reader.timeline(channel),
    items: (channel) => [
      ...reader.timeline(channel).events().map(shownEvent),
      ...outbox.outgoing(channel).map((outgoing) => ({ kind: 'outgoing' as const, outgoing })),
    ],
    loadOlder: async (channel, limit = limits.pageSizeDefault) => reader.loadOlder(channel, limit, requireLink()),
    send: (channel, text, { id = components.newId(), ...more } = {}) => outbox.send({ id, channel, text, ...more }),
    retry: (id) => outbox.retry(id),
    get pendingCount() {
      return outbox.pendingCount
    },
    isOwn,
    saved: async () => keeping?.saved(),
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
