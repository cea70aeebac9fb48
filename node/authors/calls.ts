import { deviceKeys } from '../../spec/calls/device.keys.ts'
import { deviceVouch } from '../../spec/calls/device.vouch.ts'
import { sessionShow } from '../../spec/calls/session.show.ts'
import { HearthError } from '../../spec/errors.ts'
import { authorKey } from '../../spec/governance/names.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { Ingest } from '../ingest.ts'
import { findChannelOf, requireRead, type Finding } from '../messages/places.ts'
import type { Servers } from '../servers/servers.ts'
import type { AuthorKeys } from './author-keys.ts'

export interface AuthorCallsParts {
  readonly accounts: Pick<Accounts, 'devices' | 'vouch'>
  readonly ingest: Ingest
  readonly servers: Finding & Pick<Servers, 'members'>
  readonly authors: AuthorKeys
}

/** Who a session is, and whose keys are whose. */
export const authorCalls = (
  { accounts, ingest, servers, authors }: AuthorCallsParts,
  { nodeId, nodeName }: { readonly nodeId: NodeId; readonly nodeName: string },
): CallHandler[] => [
  answer(sessionShow, async ({ user, device }) => {
    const key = accounts.devices(user).find((one) => one.device === device)?.key
    return { user, address: `${user}@${nodeName}`, device, node: nodeId, ...(key !== undefined && { key }) }
  }),
  answer(deviceVouch, async ({ user, device, scope }, { key, value }) => {
    if (scope !== undefined) throw new HearthError('NOT_ALLOWED', 'an app token cannot do this')
    await accounts.vouch(user, device, key, value)
    return {}
  }),
  answer(deviceKeys, async (principal, { channel: name, members, fresh = false }) => {
    const channel = findChannelOf(servers, principal.user, name)
    requireRead(ingest, principal, channel.id)
    const wanted = new Set(members)
    const found = servers.members(channel.server).filter(({ member }) => wanted.has(member))
    const keys = await authors.of(
      found.map(({ node, member }) => authorKey(node, member)),
      fresh,
    )
    return {
      people: found.map(({ node, member, address }) => {
        const known = keys.get(authorKey(node, member))
        return { member, address, node, ...(known !== undefined && { keys: [...known] }) }
      }),
    }
  }),
]
