/** What the inbox needs from the house. */
import type { Logger } from '../../broker/components.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import type { InboxMessage } from '../../spec/inbox.ts'
import type { Entry, Log } from '../log/log.ts'
import type { Follows } from '../messages/follows.ts'
import type { JoinThreads } from '../messages/thread-members.ts'
import type { Render } from '../render.ts'
import type { Questions } from '../servers/servers.ts'
import type { Store } from '../store/store.ts'
import type { ItemRow } from './items.ts'

/** Channels of servers and conversations alike; a conversation is its own server. */
export type Places = Pick<
  Questions,
  'channelsOf' | 'authorise' | 'may' | 'covers' | 'channel' | 'server' | 'memberOf' | 'members' | 'userOf'
>

export interface InboxComponents {
  readonly log: Pick<
    Log,
    | 'newest'
    | 'since'
    | 'get'
    | 'position'
    | 'related'
    | 'entries'
    | 'beginningOf'
    | 'onCommitted'
    | 'onRedacted'
    | 'onRetained'
  >
  readonly store: Store
  readonly places: Places
  readonly render: Render
  /** Which threads people follow, and how far they read them. */
  readonly follows: Follows
  readonly joinThreads: JoinThreads
  readonly clock: { now(): number }
  readonly logger: Pick<Logger, 'error'>
  /** Whoever has a connection, shown as present or not. */
  readonly connected: () => readonly UserName[]
  readonly isConnected: (user: UserName) => boolean
  /** Sends to `u/{user}/inbox`. */
  readonly send: (user: UserName, message: InboxMessage) => void
  /** Does a device of the user listen to its inbox? */
  readonly listens: (user: UserName) => boolean
  /** Is this not for the user to see, as they blocked its author? */
  readonly isHidden: (user: UserName, message: Pick<Entry, 'node' | 'member' | 'position'>) => boolean
  /** May the author say `@everyone`? By the grant that the event cites. */
  readonly mayMentionAll: (entry: Entry) => boolean
  /** Requests that wait for the user's answer, by their keys (INBOX-10); absent: nobody asks anything. */
  readonly pending?: (user: UserName) => ReadonlyMap<string, Pick<ItemRow, 'kind' | 'from' | 'data'>>
  /** After so many ms, once. Returns the cancel. */
  readonly later: (task: () => void, ms: number) => () => void
}

export interface InboxInit {
  readonly nodeId: NodeId
  /** Arrivals of one channel that counts look at; default `limits.unreadWindowMax`. */
  readonly windowMax?: number
  /** Arrivals that are kept in memory over all channels; default 100,000. */
  readonly keptMax?: number
}
