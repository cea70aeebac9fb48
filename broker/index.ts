import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '../spec/errors.ts'
import type { OutboundMessage } from './components.ts'
import type { Listener, ListenOptions } from './listen.ts'
import type { BrokerMetrics } from './metrics.ts'

export * from './components.ts'
export { createBroker, type BrokerComponents, type BrokerInit } from './broker.ts'
export type { Listener, ListenOptions } from './listen.ts'
export type { BrokerMetrics, CutOffReason } from './metrics.ts'

/** The MQTT door: 3.1, 3.1.1 and 5 over TCP, TLS and WebSocket. */
export interface Broker<P> extends AsyncDisposable {
  /** Loads the stored sessions; before it no connection is taken. */
  start(): Promise<void>
  /** Tells MQTT 5 clients (0x8B), ends all connections, writes the sessions down, closes its listeners. */
  stop(): Promise<void>
  /** Opens a port of its own; rejects with the system's error when it is taken. */
  listen(options: ListenOptions): Promise<Listener>
  /** A connected TCP or TLS socket, from whichever listener. */
  attach(socket: Socket, from: { readonly transport: 'tcp' | 'tls'; readonly address: string }): void
  /** `upgrade` of an HTTP server: MQTT over WebSocket. `address`: of the client, when a proxy stands in front. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, address?: string): void
  /** To everybody who is subscribed and allowed, in one turn; never waits for a subscriber. */
  publish(message: OutboundMessage): void
  /** Connected clients that would get a message on the topic now. */
  subscriberCount(topic: string): number
  hasSubscribers(topic: string): boolean
  /** Who is connected, and on what. */
  sessions(): ConnectedSession<P>[]
  /** Ends the connections of these principals within this turn; returns how many. */
  disconnect(isMeant: (principal: P, sessionKey: string) => boolean, code: ErrorCode, reason?: string): number
  /** Ends the connection and forgets the stored session, of a revoked device for instance. */
  forget(sessionKey: string, code: ErrorCode, reason?: string): void
  /** Who may receive what has changed: from the next message on `Policy.canReceive` is asked again. */
  permissionsChanged(): void
  metrics(): BrokerMetrics
}

export interface ConnectedSession<P> {
  readonly principal: P
  readonly sessionKey: string
  readonly address: string
  readonly transport: 'tcp' | 'tls' | 'ws'
  readonly protocolVersion: 3 | 4 | 5
  /** Unix ms. */
  readonly connectedAtMs: number
  readonly filters: readonly string[]
}
