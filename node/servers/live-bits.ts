/** What somebody may do today: the roles as they are now, within what the grant counts for (GOV-16, GOV-18). */
import type { ChannelId } from '../../spec/ids.ts'
import { keys } from '../../spec/governance/registers.ts'
import { roleBits } from '../../spec/governance/role-bits.ts'
import { everyoneRole, type RoleId } from '../../spec/governance/roles.ts'
import type { ChannelState, Governance, Grant } from '../../spec/governance/state.ts'
import { allPermissions, bitOf, channelPermissionBits, toBits, type PermissionBits } from '../../spec/permissions.ts'

export const rolesOf = (grant: Grant): readonly RoleId[] => [everyoneRole, ...grant.roles]

/** In the server as a whole (GOV-16). */
export const serverBits = (governance: Governance, grant: Grant): PermissionBits => {
  if (grant.rank === 0) return allPermissions
  let bits = 0
  for (const role of rolesOf(grant)) bits |= roleBits(role, governance.register(keys.role(role))?.value)
  return bits & grant.counted
}

/** In one channel (GOV-18, GOV-19). Without `read` it is not to be seen at all. */
export const channelBits = (governance: Governance, grant: Grant, channel: ChannelState): PermissionBits => {
  const bits = serverBits(governance, grant)
  if (grant.rank === 0) return bits
  if (isPrivate(governance, channel) && (bits & bitOf('manageServer')) === 0 && !isListed(governance, grant, channel)) {
    return 0
  }
  const overridden = override(governance, channel.id, [everyoneRole], bits)
  return override(governance, channel.id, grant.roles, overridden)
}

export const isPrivate = (governance: Governance, channel: ChannelState): boolean => {
  const said = governance.register(keys.channel(channel.id, 'private'))?.value
  return typeof said === 'boolean' ? said : channel.private
}

const isListed = (governance: Governance, grant: Grant, { id }: ChannelState): boolean =>
  [grant.to, ...rolesOf(grant)].some((who) => governance.register(keys.entry(id, who))?.value === true)

/** GOV-19: what any of the roles allows wins over what any denies. */
const override = (
  governance: Governance,
  channel: ChannelId,
  roles: readonly RoleId[],
  bits: PermissionBits,
): PermissionBits => {
  let allowed = 0
  let denied = 0
  for (const role of roles) {
    const value = governance.register(keys.override(channel, role))?.value
    if (!Array.isArray(value)) continue
    allowed |= toBits(value[0] as string[])
    denied |= toBits(value[1] as string[])
  }
  return (bits & ~(denied & channelPermissionBits)) | (allowed & channelPermissionBits)
}
