import type { ChannelId, FeedId, MemberId, NodeId, ServerId, UserName } from '../spec/ids.ts'
import type { AuthorKeysComponents } from './authors/author-keys.ts'
import type { PresenceLink } from './federation/presence-link.ts'
import type { Remote } from './friends/friends.ts'
import type { AwayProfilesComponents } from './profiles/away.ts'

/** Channels of which the newest messages are here, and all that there are. */
export type JoinServer = (
  user: UserName,
  invite: string,
  onProgress?: (channels: { readonly done: number; readonly total: number }) => void,
) => Promise<{ readonly server: ServerId }>

/** What the rooms want of other nodes. */
export interface Away {
  /** By an invite of another node. */
  join: JoinServer
  /** Asked about friends and DMs. */
  readonly friends: Remote
  /** A member of this node types. */
  typing(channel: ChannelId, member: MemberId): void
  /** Who of this node is here has changed, or who may see it, or what they say about themselves. */
  readonly presence: Pick<PresenceLink, 'changed' | 'relationChanged' | 'profileChanged' | 'ask'>
  /** The device keys of members of another node (NCALL-11). */
  authorKeys: AuthorKeysComponents['ask']
  /** NCALL-12 */
  profile: AwayProfilesComponents['ask']
  /** How many other nodes have a feed of this one up to that event. */
  holders(feed: FeedId, seq: number): number
  /** The domain of a node, checked both ways. */
  domainOf(node: NodeId): string | undefined
  /** The node of a domain that is known here. */
  nodeNamed(domain: string): NodeId | undefined
}
