import { HearthError } from '../spec/errors.ts'
import type { ServerId } from '../spec/ids.ts'
import type { Admission } from './accounts/components.ts'
import { findServer } from './operator/names.ts'
import type { Actor, Servers } from './servers/servers.ts'

/** The servers, as far as invites need them. `undefined` for a user is the operator of the node. */
export const admissionTo = (servers: Servers): Admission => ({
  may: (user, name, role) => {
    const server = findServer(servers, name)
    const visible = user === undefined || servers.memberOf(user, server.id) !== undefined
    if (!visible) throw new HearthError('NOT_FOUND', `there is no server ${name}`)
    if (!servers.mayInServer(actor(user), server.id, 'invite')) {
      throw new HearthError('NOT_ALLOWED', 'you do not have the permission invite')
    }
    if (role !== undefined) requireRole(servers, { server: server.id, role, user })
    return server.id
  },
  isMember: (user, server) => servers.memberOf(user, server) !== undefined,
  admit: async (user, server, { invitedBy, role }) => {
    await servers.admit(user, server, { invitedBy: actor(invitedBy), ...(role !== undefined && { role }) })
  },
})

/** An invite gives only roles that rank below the inviter's own (GOV-8). */
const requireRole = (
  servers: Servers,
  { server, role, user }: { server: ServerId; role: string; user: Parameters<Admission['may']>[0] },
): void => {
  const found = servers.roles(server).find(({ id, name }) => id === role || name === role)
  if (found === undefined) {
    const known = servers.roles(server).map(({ name }) => name)
    throw new HearthError('NOT_FOUND', `there is no role ${role}; there are ${known.join(', ')}`)
  }
  const own = user === undefined ? 0 : (servers.memberOf(user, server)?.rank ?? Number.POSITIVE_INFINITY)
  if (found.rank <= own) throw new HearthError('NOT_ALLOWED', `the role ${role} does not rank below yours`)
  if (user !== undefined && !servers.mayInServer(actor(user), server, 'manageRoles')) {
    throw new HearthError('NOT_ALLOWED', 'an invite with a role needs the permission manageRoles')
  }
}

const actor = (user: Parameters<Admission['may']>[0]): Actor =>
  user === undefined ? { kind: 'operator' } : { kind: 'user', user }
