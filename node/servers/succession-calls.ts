/** The calls by which members see to it that a server outlives its owners (GOV-32 to GOV-37). */
import { successionApprove } from '../../spec/calls/succession.approve.ts'
import { successionPropose } from '../../spec/calls/succession.propose.ts'
import { successionSet } from '../../spec/calls/succession.set.ts'
import { successionShow } from '../../spec/calls/succession.show.ts'
import { HearthError } from '../../spec/errors.ts'
import type { CallHandler } from '../calls.ts'
import { actorOf, own } from './answering.ts'
import { findServer } from './references.ts'
import type { Servers } from './servers.ts'

export const successionCalls = (servers: Servers): CallHandler[] => [
  own(successionShow, (user, { server }) => {
    const state = servers.succession(findServer(servers, user, server).id)
    if (state === undefined) throw new HearthError('NOT_FOUND', `there is no server ${server}`)
    return { ...state, proposals: [...state.proposals] }
  }),
  own(successionSet, (user, { server, guardians, threshold }) =>
    servers.nameGuardians(actorOf(user), findServer(servers, user, server).id, { guardians, threshold }),
  ),
  own(successionPropose, (user, { server, owners, guardians, threshold }) =>
    servers.proposeOwners(actorOf(user), findServer(servers, user, server).id, { owners, guardians, threshold }),
  ),
  own(successionApprove, (user, { server, root }) =>
    servers.approveOwners(actorOf(user), findServer(servers, user, server).id, root),
  ),
]
