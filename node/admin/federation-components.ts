/** What the commands about other nodes need: peers, links, forks, admission and succession. */

export interface PeerRow {
  readonly node: string
  readonly name: string
  /** `connected`, `throttled`, `dialing`, `away`, `cutOff`, `blocked`. */
  readonly state: string
  readonly address: string | undefined
  readonly direction: string | undefined
  readonly relayed: boolean
  readonly since: number
  readonly rttMs: number | undefined
  readonly clockOffsetMs: number | undefined
  readonly bytesIn: number
  readonly bytesOut: number
  /** Feeds of it that are proven to have two histories. */
  readonly forks: number
  /** Why it is throttled, cut off, blocked or not reached; or that it forked. */
  readonly reason: string | undefined
}

/** One server with one node that serves it. */
export interface LinkRow {
  readonly server: string
  readonly node: string
  readonly name: string
  readonly link: string
  readonly lagEvents: number
  readonly lagSeconds: number
  readonly backfill: string
  /** Feeds of the server in which that node wrote two histories. */
  readonly forks: number
  readonly lastError: string | undefined
}

/** A feed with two histories. */
export interface ForkRow {
  readonly server: string
  /** `#general`; `governance`. */
  readonly channel: string
  readonly node: string
  readonly name: string
  readonly feed: string
  /** The first event that counts for nothing. */
  readonly at: number
  /** A branch is held here, up to this event. */
  readonly held: number | undefined
  /** The event that says which branch counts. */
  readonly resolved: string | undefined
}

/** Somebody who owns a server, guards it or is proposed for it. */
export interface SuccessionRow {
  /** `owner`, `guardian` or `proposed`. */
  readonly what: string
  readonly member: string
  readonly node: string
  readonly link: string
  /** `1 of 2` guardians. */
  readonly approvals: string | undefined
  readonly note: string | undefined
  /** Id of the root that it is about. */
  readonly root: string
}

export interface SuccessionOutcome {
  readonly root: string
  readonly inForce: boolean
  readonly approvals: number
  readonly needed: number
}

interface SuccessionInput {
  readonly server: string
  readonly threshold?: number | undefined
  readonly as?: string | undefined
}

/** Members by user name of this node, or by address. */
export interface SuccessionAdmin {
  show(server: string): Promise<readonly SuccessionRow[]>
  set(input: SuccessionInput & { readonly guardians: readonly string[] }): Promise<SuccessionOutcome>
  propose(
    input: SuccessionInput & { readonly owners: readonly string[]; readonly guardians?: readonly string[] | undefined },
  ): Promise<SuccessionOutcome>
  approve(
    input: Omit<SuccessionInput, 'threshold'> & { readonly root?: string | undefined },
  ): Promise<SuccessionOutcome>
}

export interface AdmissionRow {
  readonly list: string
  readonly entry: string
}

/** Other nodes. `peer` is a node id, the beginning of a known one, or a domain. */
export interface FederationAdmin {
  peers(): Promise<readonly PeerRow[]>
  /** Keeps a connection to it for ever. */
  addPeer(input: { peer: string; at?: string | undefined }): Promise<{ node: string }>
  /** Forgets it: what is known of it, and the wish to be connected. */
  removePeer(peer: string): Promise<{ node: string }>
  ping(peer: string): Promise<{ node: string; rttMs: number; clockOffsetMs: number }>
  /** Accepts a changed key, or a node that took over a domain. */
  trust(input: { peer: string; domain?: string | undefined }): Promise<{ node: string }>
  status(): Promise<readonly LinkRow[]>
  forks(): Promise<readonly ForkRow[]>
  /** The branch that is held here counts. */
  resolve(input: { feed: string; as?: string | undefined }): Promise<{ event: string; restored: number }>
  lists(): Promise<{ readonly mode: string; readonly entries: readonly AdmissionRow[] }>
  setAdmission(input: { list: 'allow' | 'deny'; entry: string; remove: boolean }): Promise<void>
  setMode(mode: 'open' | 'allow'): Promise<void>
}
