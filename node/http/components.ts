import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '../../broker/components.ts'
import type { Listener } from '../config/listeners.ts'

export interface Health {
  readonly ok: boolean
  /** By name: `store`, `disk`, `mqtt` … */
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string | undefined }>>
}

/** `/.well-known/hearth.json`: what another node or a client needs to know to meet this one. */
export interface WellKnown {
  readonly nodeId: string
  readonly name: string
  readonly version: string
  readonly addresses: Readonly<Record<string, string | undefined>>
  /** SHA-256 fingerprint of the TLS certificate. */
  readonly certificate: string
  /** Multiaddrs that other nodes dial; empty when the node does not federate (TRUST-6). */
  readonly p2p: readonly string[]
}

/** What the HTTP door needs from the house. */
export interface HttpComponents {
  health(): Health | Promise<Health>
  wellKnown(): WellKnown
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** Makes an account by an invite. Throws HearthError (INVITE_INVALID, EXISTS, BAD_REQUEST, LOGIN_TOO_OFTEN). */
  register(input: {
    readonly invite: string
    readonly user: string
    readonly password: string
    readonly address: string
  }): Promise<{ readonly user: string }>
  /** A WebSocket upgrade on `/mqtt`. */
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  readonly logger: Logger
}

export interface HttpInit {
  readonly listener: Listener
  readonly tls: { readonly cert: string; readonly key: string }
  readonly connectionsMax: number
}
