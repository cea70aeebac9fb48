/**
 * What a user of this node lets others do: asked for every request and every DM at the recipient's node, whoever sends
 * (FRIEND-6). A block changes none of the answers (FRIEND-7): it says `silence` where there would have been a yes.
 */
import { HearthError } from '../../spec/errors.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { splitPerson, type Person } from '../../spec/person.ts'
import type { FriendsComponents } from './friends.ts'
import type { Relations } from './relations.ts'

/** `request`: from a stranger whom the user lets write; `closed`: no, though they are friends. */
export type Reach = 'yes' | 'request' | 'silence' | 'no' | 'closed'

export interface Consent {
  areFriends(user: UserName, person: Person): boolean
  mayAsk(to: UserName, from: Person): boolean
  reach(to: UserName, from: Person): Reach
  /** FRIEND-17: into groups come friends only. */
  mayAdd(to: UserName, from: Person): Reach
  sharesServer(user: UserName, person: Person): boolean
}

export const createConsent = (relations: Relations, servers: FriendsComponents['servers'], node: NodeId): Consent => {
  const sharesServer = (user: UserName, person: Person): boolean => {
    const other = splitPerson(person)
    return other.node === node ? servers.sharesServer(user, other.user) : servers.sharesServerWith(user, person)
  }
  const reachUnblocked = (to: UserName, from: Person): Reach => {
    const { standing, invited } = relations.get(to, from)
    const { dm } = relations.privacy(to)
    const isFriend = standing === 'friend'
    if (dm === 'nobody') return isFriend ? 'closed' : 'no'
    if (isFriend || invited) return 'yes'
    return dm === 'sharedServer' && sharesServer(to, from) ? 'request' : 'no'
  }
  const silenced = (to: UserName, from: Person, reach: Reach): Reach =>
    (reach === 'yes' || reach === 'request') && relations.isBlocked(to, from) ? 'silence' : reach

  return {
    areFriends: (user, person) =>
      relations.get(user, person).standing === 'friend' && !relations.isBlocked(user, person),
    mayAsk: (to, from) => {
      const { add } = relations.privacy(to)
      return add === 'everyone' || (add === 'sharedServer' && sharesServer(to, from))
    },
    reach: (to, from) => silenced(to, from, reachUnblocked(to, from)),
    mayAdd: (to, from) => silenced(to, from, relations.get(to, from).standing === 'friend' ? 'yes' : 'no'),
    sharesServer,
  }
}

/** Undefined: they may. */
export const refusalOf = (reach: Reach): HearthError | undefined => {
  if (reach === 'no') return new HearthError('NOT_FRIEND')
  return reach === 'closed' ? new HearthError('NOT_ALLOWED', 'they take no direct messages') : undefined
}
