import { encodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import { authorKey, isAddress, type AuthorKey } from '../../spec/governance/names.ts'
import { keys } from '../../spec/governance/registers.ts'
import type { RoleId } from '../../spec/governance/roles.ts'
import type { MemberId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { bitOf } from '../../spec/permissions.ts'
import type { Community } from './community.ts'
import { demand, type Desk, type Place } from './desk.ts'
import { checkBelow, findMember } from './find-member.ts'
import type { Revoker } from './revocation.ts'
import { findRole, rankOf } from './role-operations.ts'
import { checkName } from './server-operations.ts'
import type { Actor, MemberInfo, Operations } from './servers.ts'

type MemberOperations = Pick<
  Operations,
  'admit' | 'admitRemote' | 'takeSeat' | 'leave' | 'setMemberName' | 'kick' | 'ban' | 'unban' | 'timeout'
>

export const memberOperations = (desk: Desk, revoker: Revoker): MemberOperations => ({
  admit: (user, server, { invitedBy, role }) =>
    desk.inTurn(server, async () => {
      const community = desk.directory.get(server)
      if (community === undefined) throw new HearthError('NOT_FOUND', 'there is no such server')
      const present = memberOf(community, user)
      if (present !== undefined) return present
      if (community.isBanned(desk.addressOf(user))) {
        throw new HearthError('NOT_ALLOWED', `you are banned from ${community.info.handle}`)
      }
      const place = inviterIn(desk, community, invitedBy, role)
      const roles: readonly RoleId[] = role === undefined ? [] : [findRole(community, role).id]
      await letIn(desk, place, user, roles)
      const member = memberOf(community, user)
      if (member === undefined) throw new HearthError('INTERNAL', `${user} was let in but is no member`)
      return member
    }),

  admitRemote: ({ node, member, address }, server, { invitedBy, role }) =>
    desk.inTurn(server, async () => {
      const community = desk.directory.get(server)
      if (community === undefined) throw new HearthError('NOT_FOUND', 'there is no such server')
      const author = authorKey(node, member)
      const present = community.acting(author)
      if (present !== undefined) return { grant: present.grant.id }
      if (community.isBanned(address) || community.isBanned(community.author(author).address)) {
        throw new HearthError('NOT_ALLOWED', `you are banned from ${community.info.handle}`)
      }
      const place = inviterIn(desk, community, invitedBy, role)
      const roles: readonly RoleId[] = role === undefined ? [] : [findRole(community, role).id]
      const rank = rankOf(roles, place.who.grant.rank)
      return { grant: await desk.write(place, { type: 'grant', to: author, rank, roles }) }
    }),

  takeSeat: (user, server, member) =>
    desk.inTurn(server, async () => {
      const community = desk.directory.get(server)
      const author = authorKey(desk.node, member)
      if (community?.acting(author) === undefined) throw new HearthError('NOT_FOUND', 'the grant is not here')
      await nameMember(desk, community, author, user)
      const info = community.member(author)
      if (info === undefined) throw new HearthError('INTERNAL', `${user} took a seat but is no member`)
      return info
    }),

  setMemberName: (user, server, name) =>
    desk.inTurn(server, async () => {
      const place = desk.enter({ kind: 'user', user }, server)
      const key = keys.memberName(place.who.author)
      if (name === undefined && place.community.governance.register(key) === undefined) return
      await desk.set(place, key, name === undefined ? null : checkName(name))
    }),

  leave: (user, server) =>
    desk.inTurn(server, async () => {
      const place = desk.enter({ kind: 'user', user }, server)
      const grants = place.community.governance.liveGrants(place.who.author)
      await revoker.end({ place, grants, reason: 'leave', own: true })
    }),

  kick: (actor, server, name) =>
    desk.inTurn(server, async () => {
      const place = desk.enter(actor, server)
      demand(place, 'kick')
      const target = findMember(place.community, name)
      checkBelow(place.who, target, name)
      const grants = place.community.governance.liveGrants(target.author)
      await revoker.end({ place, grants, reason: 'kick' })
    }),

  ban: (actor, server, name, reason) =>
    desk.inTurn(server, async () => {
      const place = desk.enter(actor, server)
      const { community, who } = place
      demand(place, 'ban')
      const author = community.authorOfAddress(name)
      const target = author === undefined ? undefined : community.acting(author)
      if (target !== undefined) checkBelow(who, target, name)
      const address = author === undefined ? desk.addressOf(name) : community.author(author).address
      if (!isAddress(address)) throw new HearthError('BAD_REQUEST', `${name} is no address`)
      await desk.set(place, keys.ban(address), reason.trim())
      const grants = author === undefined ? [] : community.governance.liveGrants(author)
      await revoker.end({ place, grants, reason: 'ban' })
    }),

  unban: (actor, server, name) =>
    desk.inTurn(server, async () => {
      const place = desk.enter(actor, server)
      const { community } = place
      demand(place, 'ban')
      const author = community.authorOfAddress(name)
      const address = author === undefined ? desk.addressOf(name) : community.author(author).address
      if (!community.isBanned(address)) throw new HearthError('NOT_FOUND', `${name} is not banned`)
      await desk.set(place, keys.ban(address), null)
    }),

  timeout: (actor, server, name, untilMs) =>
    desk.inTurn(server, async () => {
      const place = desk.enter(actor, server)
      demand(place, 'kick')
      const target = findMember(place.community, name)
      checkBelow(place.who, target, name)
      if (!Number.isFinite(untilMs) || untilMs > desk.clock.now() + limits.timeoutMaxMs) {
        throw new HearthError('BAD_REQUEST', `a time-out lasts at most ${limits.timeoutMaxMs / 86_400_000} days`)
      }
      await desk.set(place, keys.timeout(target.author), Math.max(0, Math.floor(untilMs)))
    }),
})

const memberOf = (community: Community, user: UserName): MemberInfo | undefined => {
  const author = community.authorOfUser(user)
  return author === undefined ? undefined : community.member(author)
}

/** INVITE_INVALID: whoever made the invite may do this no longer. */
const inviterIn = (desk: Desk, community: Community, actor: Actor, role: string | undefined): Place => {
  const author = actor.kind === 'operator' ? desk.operator : community.authorOfUser(actor.user)
  const who = author === undefined ? undefined : community.acting(author)
  const needed = role === undefined ? 'invite' : 'manageRoles'
  if (who === undefined || (who.bits & bitOf(needed)) === 0) {
    throw new HearthError('INVITE_INVALID', 'whoever made this invite may no longer invite')
  }
  if (role !== undefined && findRole(community, role).rank <= who.grant.rank) {
    throw new HearthError('INVITE_INVALID', `whoever made this invite may not give the role ${role}`)
  }
  return { community, who }
}

/** GOV-8 and GOV-7. Who comes back keeps the member id, so that what was said before is theirs still. */
const letIn = async (desk: Desk, place: Place, user: UserName, roles: readonly RoleId[]): Promise<void> => {
  const { community } = place
  const author = community.authorOfUser(user) ?? authorKey(desk.node, encodeBase32(desk.random(16)) as MemberId)
  await desk.write(place, { type: 'grant', to: author, rank: rankOf(roles, place.who.grant.rank), roles })
  await nameMember(desk, community, author, user)
}

/** GOV-7 */
const nameMember = async (desk: Desk, community: Community, author: AuthorKey, user: UserName): Promise<void> => {
  const address = desk.addressOf(user)
  if (community.author(author).address === address) return
  const who = community.acting(author)
  if (who === undefined) throw new HearthError('INTERNAL', `${user} was granted nothing`)
  await desk.write({ community, who }, { type: 'member.profile', member: who.member, address })
}
