/** Roles (GOV-20 … GOV-23). */
import { limits } from '../limits.ts'
import { allPermissions, toBits, type PermissionBits } from '../permissions.ts'

declare const brand: unique symbol
/** GOV-20: `{rank}-{name}`; the rank is in the id, so that it can't change under those who hold the role. */
export type RoleId = string & { readonly [brand]: 'RoleId' }

export interface DefaultRole {
  readonly name: string
  readonly bits: PermissionBits
}

export const ownerRole = '0-owner' as RoleId
export const adminRole = '10-admin' as RoleId
export const moderatorRole = '20-moderator' as RoleId
/** Held by every member without being named in a grant. */
export const everyoneRole = '100-member' as RoleId
/** The rank of a member without other roles; an inviter of this rank or a lower one gives one below its own. */
export const memberRank = 100

/** GOV-21: what these roles may do until a register says otherwise. */
export const defaultRoles: ReadonlyMap<RoleId, DefaultRole> = new Map([
  [ownerRole, { name: 'owner', bits: allPermissions }],
  [adminRole, { name: 'admin', bits: allPermissions }],
  [
    moderatorRole,
    {
      name: 'moderator',
      bits: toBits(['read', 'send', 'manageMessages', 'invite', 'kick', 'ban', 'mentionEveryone']),
    },
  ],
  [everyoneRole, { name: 'member', bits: toBits(['read', 'send']) }],
])

export const parseRoleId = (text: string): RoleId | undefined =>
  pattern.test(text) && Number.parseInt(text, 10) <= limits.rankMax ? (text as RoleId) : undefined

export const roleRank = (role: RoleId): number => Number.parseInt(role, 10)

const pattern = /^(?:0|[1-9][0-9]{0,4})-[a-z0-9]{1,16}$/
