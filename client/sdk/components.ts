import type { HearthError } from '../../spec/errors.ts'

/** A message that the node delivers. */
export interface Delivery {
  readonly topic: string
  readonly payload: Uint8Array
  /** Correlation Data of a reply (MQTT-4.10), as text. */
  readonly correlation: string | undefined
}

export interface LinkInit {
  readonly url: string
  readonly user: string
  readonly password: string
  /** The client id: names this device. */
  readonly device: string
  /** 0: the node forgets the MQTT session when the connection ends. */
  readonly sessionExpirySeconds: number
  readonly connectTimeoutMs: number
  /** Take any TLS certificate: for a self-signed node on this machine. */
  readonly insecureTls: boolean
  onDelivery(delivery: Delivery): void
}

export interface PublishInit {
  readonly responseTopic?: string
  readonly correlation?: string
}

/** One MQTT 5 connection, from CONNACK to its end. It never reconnects by itself. */
export interface Link {
  /** QoS 1 publishes that the node takes at a time (Receive Maximum). */
  readonly window: number
  /** Resolves at the PUBACK. Rejects with the named error of the node, or CONNECTION_LOST. */
  publish(topic: string, payload: string, init?: PublishInit): Promise<void>
  /** One outcome for each filter, in order: undefined when it was granted. */
  subscribe(filters: readonly string[]): Promise<(HearthError | undefined)[]>
  /** The session at the node outlives this connection: what is not wanted any more is taken back. */
  unsubscribe(filters: readonly string[]): Promise<void>
  /** Resolves when the connection is over, with why. */
  readonly ended: Promise<HearthError>
  /** DISCONNECT, then closes. */
  close(): Promise<void>
}

/** What the SDK takes from outside, so that tests run it without a network and without waiting. */
export interface SdkComponents {
  /** Rejects with the named error of the CONNACK, or CONNECTION_LOST when nobody answers. */
  openLink(init: LinkInit): Promise<Link>
  /** Uniform in [0, 1). */
  random(): number
  /** For keys and nonces: not to be guessed. */
  randomBytes(length: number): Uint8Array
  /** Ed25519, of a strict key and a strict signature. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>
  /** A new client message id or correlation: unique, at most 64 bytes of text. */
  newId(): string
  /** Milliseconds since 1970: for the local echo only. */
  now(): number
  /** Resolves after that time, or at once when the signal fires. */
  delay(ms: number, signal: AbortSignal): Promise<void>
}
