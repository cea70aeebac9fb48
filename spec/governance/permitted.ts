/** GOV-17: does a grant permit an act? Cuts and forks are looked at elsewhere. */
import { bitOf, type Permission, type PermissionBits } from '../permissions.ts'
import type { GovernanceEvent, GrantAct, RevokeReason } from './acts.ts'
import { authorKey } from './names.ts'
import { everyoneRole, memberRank, roleRank } from './roles.ts'

export interface Attempt {
  readonly event: GovernanceEvent
  readonly grant: { readonly rank: number; readonly counted: PermissionBits }
  /** What a revocation names, if that is a grant that is known. */
  readonly target: GrantAct | undefined
}

export const isPermitted = ({ event, grant, target }: Attempt): boolean => {
  const { act } = event
  const has = (permission: Permission): boolean => (grant.counted & bitOf(permission)) !== 0
  switch (act.type) {
    case 'grant':
      return reachesBelow(act, grant.rank) && has(isPlain(act) ? 'invite' : 'manageRoles')
    case 'revoke': {
      if (act.target === event.auth) return true
      const needed = revokeNeeds[act.reason]
      return needed !== undefined && target !== undefined && target.rank > grant.rank && has(needed)
    }
    case 'set': {
      const { below, needs, gives, by } = act.register
      if (by !== undefined && by !== event.author) return false
      return (below ?? Infinity) > grant.rank && has(needs) && (gives & ~grant.counted) === 0
    }
    case 'channel.create':
      return has('manageChannel')
    case 'member.profile':
      return authorKey(event.node, act.member) === event.author
    case 'feed.resolve':
      // GOV-39: nobody decides it about their own node.
      return has('manageServer') && act.node !== event.node
    // Grants have no say in it (GOV-34).
    case 'root.set':
    case 'root.approve':
    case 'server.genesis':
      break
  }
  return false
}

/** GOV-8: rank strictly decreases, and so do the roles that are handed on. */
const reachesBelow = (act: GrantAct, rank: number): boolean =>
  act.rank > rank && act.roles.every((role) => roleRank(role) > rank)

/** Letting somebody in as a member and no more. */
export const isPlain = (act: Pick<GrantAct, 'rank' | 'roles'>): boolean =>
  act.rank >= memberRank && act.roles.every((role) => role === everyoneRole)

/** To leave is one's own to do (GOV-12). */
export const revokeNeeds: Readonly<Record<RevokeReason, Permission | undefined>> = {
  leave: undefined,
  kick: 'kick',
  ban: 'ban',
  demote: 'manageRoles',
}
