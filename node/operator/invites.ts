import { HearthError } from '../../spec/errors.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { InvitesAdmin } from '../admin/components.ts'
import { isUserName } from '../../spec/identifiers.ts'
import type { ServerId } from '../../spec/ids.ts'
import { formatInviteLink, type InviteLink } from '../../spec/invite-link.ts'
import { findServer, type Names } from './names.ts'

export const invitesAdmin = (
  accounts: Accounts,
  servers: Names,
  {
    page,
    home,
  }: {
    /** Where an invite opens in a browser. */
    readonly page: string
    /** Where people of other nodes find a server. Throws CONFIG_INVALID when they don't. */
    readonly home: (server: ServerId) => NonNullable<InviteLink['home']>
  },
): InvitesAdmin => ({
  list: () =>
    Promise.resolve(
      accounts.invites().map((invite) => ({
        ...invite,
        server: invite.server === undefined ? undefined : servers.server(invite.server)?.handle,
      })),
    ),
  create: async ({ server, role, uses, expiresInMs, remote, as }) => {
    if (as !== undefined && !isUserName(as)) throw new HearthError('NOT_FOUND', `${as} is no user of this node`)
    const target = server ?? servers.servers()[0]?.handle
    if (target === undefined)
      throw new HearthError('NOT_FOUND', 'there is no server yet; make one: hearth server create')
    const place = remote ? home(findServer(servers, target).id) : undefined
    const { invite, code } = await accounts.createInvite(as, { server: target, role, uses, expiresInMs })
    return { id: invite.id, code, link: formatInviteLink(page, { code, home: place }), expires: invite.expires }
  },
  revoke: (id) => accounts.revokeInvite(undefined, id),
})
