/** What governance answers with. */
import type { CborValue } from '../cbor.ts'
import type { ChannelId, EventId, FeedId, Handle, NodeId } from '../ids.ts'
import type { PermissionBits } from '../permissions.ts'
import type { Genesis, GovernanceEvent } from './acts.ts'
import type { AuthorKey } from './names.ts'
import type { RoleId } from './roles.ts'
import type { Proposal, Root } from './roots.ts'

/** Authority of one author, as long as no cut ends it. */
export interface Grant {
  /** Of a holder of a root: the id of the genesis or of the `root.set`. */
  readonly id: EventId
  readonly to: AuthorKey
  readonly rank: number
  readonly roles: readonly RoleId[]
  /** GOV-15: what its holder's acts are measured against, whatever the roles say today. */
  readonly counted: PermissionBits
}

export interface RegisterState {
  readonly id: EventId
  readonly value: CborValue
  /** Rank of the author when it was set. */
  readonly rank: number
}

export interface ChannelState {
  readonly id: ChannelId
  /** Undefined: created private, so that registers say it, to those who have them (GOV-31). */
  readonly handle: Handle | undefined
  readonly name: string | undefined
  /** As it was created; a register may have changed it. */
  readonly private: boolean
  readonly author: AuthorKey
}

/** GOV-13. `waiting`: its grant has not arrived. */
export type Verdict = 'valid' | 'hidden' | 'rejected' | 'waiting'

export interface Governance {
  readonly genesis: Genesis
  /** Takes events in any order, repeated or not. False: nothing new among them. */
  apply(events: readonly GovernanceEvent[]): boolean
  /** Any event of the server, of the governance channel or of another: does it stand? */
  judge(event: Pick<GovernanceEvent, 'author' | 'auth' | 'feed' | 'seq'>): Verdict
  /** The grant that an event stands under; undefined unless it is judged valid. */
  grantUnder(event: Pick<GovernanceEvent, 'author' | 'auth' | 'feed' | 'seq'>): Grant | undefined
  /** GOV-14: the feed has two histories that part at `at`, as somebody proved (SYNC-11). False: known, or forked earlier. */
  fork(feed: FeedId, at: number): boolean
  isForked(event: Pick<GovernanceEvent, 'feed' | 'seq'>): boolean
  /** The `feed.resolve` that says which branch of a feed counts (GOV-39). */
  resolvedBy(feed: FeedId): EventId | undefined
  isValid(id: EventId): boolean
  /** Does that grant, valid or not, name the author? Undefined: it is not here. */
  isGrantedTo(grant: EventId, author: AuthorKey): boolean | undefined
  /** Is there a grant, valid or not, to anybody of that node? What others may have cited is worth having. */
  isNamed(node: NodeId): boolean
  /** From the genesis on; the last is in force (GOV-34). */
  readonly roots: readonly Root[]
  /** Who holds rank 0 now, and who may hand it on (GOV-34). */
  readonly root: Root
  /** Roots after that one, which too few of its guardians approve. */
  readonly proposals: readonly Proposal[]
  /** The grant that an author acts under: the highest that is not cut, of those the newest; at rank 0 the oldest. */
  standing(author: AuthorKey): Grant | undefined
  /** Grants that are not cut; the author is a member while there is one. */
  liveGrants(author: AuthorKey): Grant[]
  register(key: string): RegisterState | undefined
  /** Registers whose key begins so, by key. */
  registers(prefix: string): [key: string, state: RegisterState][]
  readonly channels: ReadonlyMap<ChannelId, ChannelState>
  /** Everyone who ever had a valid grant. */
  authors(): Iterable<AuthorKey>
  /** `alice@home.example`, unless erased. */
  address(author: AuthorKey): string | undefined
  /** How often everything was walked again: for tests and figures. */
  readonly walks: number
}
