/** What roles permit: today, and at any time (GOV-15, GOV-16). */
import type { CborValue } from '../cbor.ts'
import { allPermissions, toBits, type PermissionBits } from '../permissions.ts'
import { defaultRoles, everyoneRole, type RoleId } from './roles.ts'

/** Every valid edit of each role: by whose rank, to which permissions. */
export type RoleEdits = Map<RoleId, { readonly rank: number; readonly bits: PermissionBits }[]>

/**
 * GOV-15: whatever the roles of a grant permitted at any time by the word of somebody above the grant. It never
 * shrinks, so that narrowing a role undoes nothing that was done; and it hangs on ranks above only.
 */
export const countedBits = (edits: RoleEdits, rank: number, roles: readonly RoleId[]): PermissionBits => {
  if (rank === 0) return allPermissions
  let counted = countedOf(edits, rank, everyoneRole)
  for (const role of roles) counted |= countedOf(edits, rank, role)
  return counted
}

const countedOf = (edits: RoleEdits, rank: number, role: RoleId): PermissionBits => {
  let counted = defaultRoles.get(role)?.bits ?? 0
  for (const edit of edits.get(role) ?? []) if (edit.rank < rank) counted |= edit.bits
  return counted
}

/** The permissions that a `role/…` register gives; undefined: no register. A deleted role permits nothing. */
export const roleBits = (role: RoleId, value: CborValue | undefined): PermissionBits => {
  if (value === undefined) return defaultRoles.get(role)?.bits ?? 0
  return Array.isArray(value) ? toBits(value[1] as string[]) : 0
}
