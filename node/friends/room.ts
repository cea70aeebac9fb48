/** What the parts of this room share. */
import type { NodeId, ServerId, UserName } from '../../spec/ids.ts'
import type { Person } from '../../spec/person.ts'
import type { Entry } from '../log/log.ts'
import type { Records } from '../store/records.ts'
import type { Consent } from './consent.ts'
import type { Conversations } from './conversations.ts'
import type { Answer, FriendMethod, FriendsComponents } from './friends.ts'
import type { People } from './people.ts'
import type { Relations } from './relations.ts'

export interface Expected {
  readonly from: NodeId
  /** Unix ms. */
  readonly since: number
}

export interface Room extends Pick<
  FriendsComponents,
  'tell' | 'clock' | 'random' | 'append' | 'hasUser' | 'hash' | 'log'
> {
  readonly nodeId: NodeId
  readonly relations: Relations
  readonly consent: Consent
  readonly people: People
  readonly conversations: Conversations
  /** The node of `to`, which may be this one. */
  readonly ask: (from: UserName, to: Person, method: FriendMethod, place?: ServerId) => Promise<Answer>
  /** FRIEND-24: groups that users of this node were added to, and that have not arrived. */
  readonly expected: Records<Expected>
  /** Arrival position of the last event. */
  position(): number
  /** As of relations; and whoever sees the other now, or no more, is told. */
  readonly update: Relations['update']
  /** Who could not be reached may be reached now. */
  seatBoth(user: UserName, person: Person): void
  /** What was just appended counts at once; it comes by the log's announcement as well. */
  take(entries: readonly Entry[]): void
  /** Two people who see each other no more, while they are told so. */
  isFading(viewer: UserName, subject: UserName | Person): boolean
  changed(): void
  /** For what need not be heard: the other node finds out by itself. Throws what is no such fault. */
  readonly unheard: (error: unknown) => void
}
