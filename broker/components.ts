/** What the MQTT door needs from the house. The node implements these; `broker/open/` has allow-all twins. */
import type { ErrorCode } from '../spec/errors.ts'

/** Who is behind a connection. The broker only carries it; the policy made it. */
export interface Connected<P> {
  readonly principal: P
  /** Internal session key, unique per identity and device (threat 6): `alice:phone`. Never `__proto__`-like: it always has a colon. */
  readonly sessionKey: string
}

export interface ConnectRequest {
  readonly clientId: string
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  readonly protocolVersion: 3 | 4 | 5
  /** Remote IP address, without a port. */
  readonly address: string
  readonly transport: 'tcp' | 'tls' | 'ws'
  readonly will:
    | { readonly topic: string; readonly payload: Uint8Array; readonly retain: boolean; readonly qos: number }
    | undefined
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason: string }

export interface InboundMessage {
  readonly topic: string
  /** Valid until the returned promise settles; copy to keep. */
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly duplicate: boolean
  readonly responseTopic: string | undefined
  readonly correlationData: Uint8Array | undefined
  readonly userProperties: Readonly<Record<string, string | string[]>> | undefined
  /** The same in the order of the packet, for who forwards them (MQTT 5 §3.3.2.3.7). */
  readonly userPropertyList?: readonly (readonly [string, string])[] | undefined
  readonly contentType?: string | undefined
  /** Payload format indicator. */
  readonly isUtf8?: boolean | undefined
  readonly messageExpirySeconds?: number | undefined
}

/** Decides; every method is called by the broker only, `P` comes back as it was given. */
export interface Policy<P> {
  connect(request: ConnectRequest): Promise<Outcome<Connected<P>>>
  /** Sync. May the filter be held at all? Which of its topics are delivered is decided by `canReceive`. */
  subscribe(principal: P, filter: string, qos: 0 | 1 | 2): Outcome<void>
  /** Sync, asked when a topic's subscriber list is resolved and cached until `Broker.permissionsChanged()`. */
  canReceive(principal: P, topic: string): boolean
  /**
   * One message from a client. Called in the order of arrival without awaiting the call before.
   * Resolves when the message is on disk (that is when the PUBACK goes out); `undefined`
   * returned synchronously means done already. A refusal becomes the reason code and string of an
   * MQTT 5 PUBACK; for 3.1.1 the policy itself publishes to `u/{user}/errors`.
   */
  publish(principal: P, message: InboundMessage): Promise<Outcome<void>> | undefined
  connected?(principal: P, sessionKey: string): void
  disconnected?(principal: P, sessionKey: string): void
}

/** What is delivered. One object per topic; the broker encodes its frame once per QoS, version and subscription id. */
export interface OutboundMessage {
  readonly topic: string
  readonly payload: Uint8Array
  /** Highest QoS; a subscriber gets the lower of this and its own. */
  readonly qos: 0 | 1 | 2
  /** Kept and given to later subscribers; with an empty payload: the kept one is removed. */
  readonly retain?: boolean
  /** MQTT 5 user properties (event id, author …). */
  readonly userProperties?: readonly (readonly [string, string])[]
  readonly correlationData?: Uint8Array
  readonly contentType?: string
  readonly responseTopic?: string
  readonly isUtf8?: boolean
  readonly messageExpirySeconds?: number
  /** Session key of the client that sent it, for subscriptions with no-local. */
  readonly origin?: string
  /** Sessions that do not get it, whatever they subscribed; by session key. */
  readonly isWithheldFrom?: ((sessionKey: string) => boolean) | undefined
  /** Arrival position in the log, for what the log holds: the cursor of persistent sessions. */
  readonly position?: number
}

/** The log as the broker sees it: replay for persistent sessions, read by a cursor (catch-up: backfill, cutover, live). */
export interface Backlog<P> {
  /** Last position announced to the fan-out. */
  readonly position: number
  /** Messages after `from` that match one of the filters and that the principal may receive, in arrival order, at most `limit`; `to` is how far was read. */
  read(
    principal: P,
    filters: readonly string[],
    from: number,
    limit: number,
  ): Promise<{ messages: OutboundMessage[]; to: number }>
}

/** A persistent session (clean start off, or MQTT 5 session expiry > 0). */
export interface StoredSession {
  readonly sessionKey: string
  readonly subscriptions: readonly {
    readonly filter: string
    readonly qos: 0 | 1 | 2
    readonly subscriptionId?: number
    readonly noLocal?: boolean
    readonly retainAsPublished?: boolean
    readonly retainHandling?: number
    /** Position of the log when the subscription was made. */
    readonly since?: number
  }[]
  /** Everything up to here was acknowledged by the client. */
  readonly cursor: number
  /** Unix ms; the session is forgotten then. */
  readonly expiresAt: number
}

export interface SessionStore {
  /** All sessions, read at start. */
  load(): Promise<StoredSession[]>
  put(session: StoredSession): Promise<void>
  delete(sessionKey: string): Promise<void>
}

export interface Clock {
  /** Unix ms. */
  now(): number
}

/** A log line is an event name and fields; never a password, token or payload. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
