import { encodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import { keys } from '../../spec/governance/registers.ts'
import {
  defaultRoles,
  everyoneRole,
  memberRank,
  parseRoleId,
  roleRank,
  type RoleId,
} from '../../spec/governance/roles.ts'
import type { ServerId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { toBits, toNames, type Permission } from '../../spec/permissions.ts'
import type { Acting, Community } from './community.ts'
import { demand, type Desk, type Place } from './desk.ts'
import { checkBelow, findMember } from './find-member.ts'
import type { Revoker } from './revocation.ts'
import { checkName } from './server-operations.ts'
import type { Actor, Operations, RoleInfo } from './servers.ts'

type RoleOperations = Pick<Operations, 'createRole' | 'editRole' | 'deleteRole' | 'assignRole' | 'unassignRole'>

export const roleOperations = (desk: Desk, revoker: Revoker): RoleOperations => {
  const atRoles = <T>(actor: Actor, server: ServerId, task: (place: Place) => Promise<T>): Promise<T> =>
    desk.inTurn(server, async () => {
      const place = desk.enter(actor, server)
      demand(place, 'manageRoles')
      return task(place)
    })

  const save = async (
    place: Place,
    id: RoleId,
    name: string,
    permissions: readonly Permission[],
  ): Promise<RoleInfo> => {
    for (const permission of permissions) demand(place, permission)
    await desk.set(place, keys.role(id), [name, toNames(toBits(permissions))])
    return findRole(place.community, id)
  }

  /** A new grant with other roles, then the end of those before it: nobody is left without one in between. */
  const regrant = async (place: Place, target: Acting, roles: readonly RoleId[]): Promise<void> => {
    const { community, who } = place
    const above = roles.find((role) => roleRank(role) <= who.grant.rank)
    if (above !== undefined) throw new HearthError('NOT_ALLOWED', `the role ${above} stands at your rank or above`)
    const rank = rankOf(roles, who.grant.rank)
    const id = await desk.write(place, { type: 'grant', to: target.author, rank, roles })
    const before = community.governance.liveGrants(target.author).filter((grant) => grant.id !== id)
    await revoker.end({ place, grants: before, reason: 'demote' })
  }

  return {
    createRole: (actor, server, { name, rank, permissions }) =>
      atRoles(actor, server, async (place) => {
        const { community, who } = place
        const known = community.roles()
        if (!Number.isInteger(rank) || rank <= who.grant.rank || rank > limits.rankMax) {
          const above = `${who.grant.rank + 1} to ${limits.rankMax}`
          throw new HearthError('NOT_ALLOWED', `the rank of a role lies below your own: ${above}`)
        }
        if (known.length >= limits.rolesPerServerMax) {
          throw new HearthError('QUOTA', `a server has at most ${limits.rolesPerServerMax} roles`)
        }
        const id = parseRoleId(`${rank}-${encodeBase32(desk.random(5))}`)
        if (id === undefined) throw new HearthError('INTERNAL', 'a role id was not made')
        return save(place, id, freeName(known, checkName(name)), permissions)
      }),

    editRole: (actor, server, role, change) =>
      atRoles(actor, server, async (place) => {
        const { id, name, permissions } = roleBelow(place, role)
        const others = place.community.roles().filter((one) => one.id !== id)
        const newName = change.name === undefined ? name : freeName(others, checkName(change.name))
        return save(place, id, newName, change.permissions ?? permissions)
      }),

    deleteRole: (actor, server, role) =>
      atRoles(actor, server, async (place) => {
        const { id, name } = roleBelow(place, role)
        if (defaultRoles.has(id)) throw new HearthError('BAD_REQUEST', `the role ${name} is there in every server`)
        await desk.set(place, keys.role(id), null)
      }),

    assignRole: (actor, server, member, role) =>
      atRoles(actor, server, async (place) => {
        const { id, name } = roleBelow(place, role)
        const target = findMember(place.community, member)
        checkBelow(place.who, target, member)
        if (id === everyoneRole) throw new HearthError('BAD_REQUEST', `everybody has the role ${name}`)
        const { roles } = target.grant
        if (roles.includes(id)) return
        if (roles.length >= limits.rolesPerMemberMax) {
          throw new HearthError('QUOTA', `a member has at most ${limits.rolesPerMemberMax} roles`)
        }
        await regrant(place, target, [...roles, id])
      }),

    unassignRole: (actor, server, member, role) =>
      atRoles(actor, server, async (place) => {
        const { id, name } = findRole(place.community, role)
        const target = findMember(place.community, member)
        checkBelow(place.who, target, member)
        if (!target.grant.roles.includes(id)) throw new HearthError('NOT_FOUND', `${member} has not the role ${name}`)
        await regrant(
          place,
          target,
          target.grant.roles.filter((one) => one !== id),
        )
      }),
  }
}

/** The highest of the roles counts, but never above the one who grants (GOV-8). */
export const rankOf = (roles: readonly RoleId[], granterRank: number): number =>
  Math.max(granterRank + 1, Math.min(memberRank, ...roles.map(roleRank)))

/** By id, or by name in any case. NOT_FOUND says what there is. */
export const findRole = (community: Community, role: string): RoleInfo & { readonly id: RoleId } => {
  const known = community.roles()
  const found = known.find(({ id }) => id === role) ?? known.find(({ name }) => isSame(name, role))
  if (found !== undefined) return { ...found, id: found.id as RoleId }
  const names = known.map(({ name }) => name).join(', ')
  throw new HearthError('NOT_FOUND', `${community.info.handle} has no role ${role}; it has ${names}`)
}

const roleBelow = ({ community, who }: Place, role: string): RoleInfo & { readonly id: RoleId } => {
  const found = findRole(community, role)
  if (found.rank > who.grant.rank) return found
  throw new HearthError('NOT_ALLOWED', `the role ${found.name} stands at your rank or above`)
}

const freeName = (known: readonly RoleInfo[], name: string): string => {
  if (known.some((role) => isSame(role.name, name) || role.id === name)) {
    throw new HearthError('EXISTS', `there is a role ${name} already`)
  }
  return name
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
