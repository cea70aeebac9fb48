/** What trust keeps about other nodes, and what it needs from the house. */
import type { Verify } from '../../spec/crypto.ts'
import type { NodeId } from '../../spec/ids.ts'

/** How we came to know that this node id is who we mean; `tofu`: it was simply the first to say so. */
export type PinnedBy = 'invite' | 'tofu' | 'well-known' | 'dns' | 'admin'

export interface PeerRecord {
  readonly nodeId: NodeId
  /** What it called itself last: for people. */
  readonly name: string
  /** Only when it was checked both ways (TRUST-6), or an admin said so. */
  readonly domain: string | undefined
  readonly addresses: readonly string[]
  readonly pinnedBy: PinnedBy
  /** Of the highest certificate seen; 0 before the first. */
  readonly certificateSerial: number
  /** The hot key of that certificate. */
  readonly hotKey: Uint8Array | undefined
  readonly firstSeenMs: number
  /** To the hour. */
  readonly lastSeenMs: number
  readonly state: 'trusted' | 'blocked'
  /** Why it is blocked. */
  readonly reason: string | undefined
}

/** Where the records are kept; resolves when they are on disk. */
export interface PeerStore {
  load(): Promise<readonly PeerRecord[]>
  put(record: PeerRecord): Promise<void>
  delete(nodeId: NodeId): Promise<void>
}

/** Who is let in at all (TRUST-8). An entry is a node id or a domain. */
export interface Policy {
  /** `open`: everybody but `deny`; `allow`: nobody but `allow`. */
  readonly mode: 'open' | 'allow'
  readonly allow: ReadonlySet<string>
  readonly deny: ReadonlySet<string>
}

/** What the names of the world say. Both are given, so that tests and the simulator decide. */
export interface Lookups {
  /** The body of `https://{domain}/.well-known/hearth.json`, at most `bytesMax`; undefined where there is none. No redirect to another host. */
  fetchText(url: string, bytesMax: number): Promise<string | undefined>
  /** The TXT records of a name, each joined; empty where there is none. */
  resolveTxt(name: string): Promise<readonly string[]>
}

export interface TrustComponents {
  readonly self: NodeId
  readonly verify: Verify
  readonly store: PeerStore
  /** Asked at every decision. */
  readonly policy: () => Policy
  readonly lookups: Lookups
  /** Unix ms. */
  readonly clock: { now(): number }
}
