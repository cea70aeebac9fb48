/**
 * Permissions (spec/governance.md GOV-25). On the wire a permission is its name; in memory a set of
 * permissions is a bit mask, so that asking is one `&`.
 */
export const permissions = [
  'read',
  'send',
  'manageMessages',
  'manageChannel',
  'invite',
  'kick',
  'ban',
  'mentionEveryone',
  'manageRoles',
  'manageServer',
] as const

export type Permission = (typeof permissions)[number]
export type PermissionBits = number

const bits: Readonly<Record<Permission, PermissionBits>> = {
  read: 1,
  send: 2,
  manageMessages: 4,
  manageChannel: 8,
  invite: 16,
  kick: 32,
  ban: 64,
  mentionEveryone: 128,
  manageRoles: 256,
  manageServer: 512,
}

export const allPermissions: PermissionBits = 1023
/** GOV-26: what a channel can allow or deny to a role; the others hold for the whole server. */
export const channelPermissions = ['read', 'send', 'manageMessages', 'mentionEveryone'] as const satisfies Permission[]

export const bitOf = (permission: Permission): PermissionBits => bits[permission]

/** Names that are not known here are passed over, so that a newer node can add some. */
export const toBits = (names: Iterable<string>): PermissionBits => {
  let mask = 0
  for (const name of names) mask |= Object.hasOwn(bits, name) ? bits[name as Permission] : 0
  return mask
}

export const toNames = (mask: PermissionBits): Permission[] => permissions.filter((name) => (mask & bits[name]) !== 0)

export const channelPermissionBits: PermissionBits = toBits(channelPermissions)
