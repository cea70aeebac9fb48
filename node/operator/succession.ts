import { HearthError } from '../../spec/errors.ts'
import { isEventId } from '../../spec/event-id.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { SuccessionAdmin, SuccessionRow } from '../admin/federation-components.ts'
import type { ProposalInfo, Servers, Successor } from '../servers/servers.ts'
import { actorOf, findServer } from './names.ts'

export interface SuccessionAdminComponents {
  readonly servers: Servers
  /** `here`, `connected`, `away` … */
  readonly linkTo: (node: NodeId) => string
}

export const successionAdmin = ({ servers, linkTo }: SuccessionAdminComponents): SuccessionAdmin => {
  const row = (what: string, { root }: ProposalInfo, { address, node }: Successor): SuccessionRow => ({
    what,
    member: address,
    node,
    link: linkTo(node),
    approvals: undefined,
    note: undefined,
    root,
  })
  const serverOf = (name: string) => findServer(servers, name).id

  return {
    show: async (name) => {
      const state = servers.succession(serverOf(name))
      if (state === undefined) throw new HearthError('NOT_FOUND', `there is no server ${name}`)
      const note = state.isFinal ? undefined : 'not final until guardians of before approve it'
      return [
        ...state.owners.map((owner) => ({ ...row('owner', state, owner), note })),
        ...state.guardians.map((guardian) => ({
          ...row('guardian', state, guardian),
          note: `${state.threshold} of ${state.guardians.length} hand the server on`,
        })),
        ...state.proposals.flatMap((proposal) =>
          proposal.owners.map((owner) => ({
            ...row('proposed', proposal, owner),
            approvals: `${proposal.approvedBy.length} of ${proposal.needed}`,
            note: `by ${proposal.by?.address ?? 'nobody'}`,
          })),
        ),
      ]
    },
    set: ({ server, as, guardians, threshold }) =>
      servers.nameGuardians(actorOf(as), serverOf(server), { guardians, threshold }),
    propose: ({ server, as, owners, guardians, threshold }) =>
      servers.proposeOwners(actorOf(as), serverOf(server), { owners, guardians, threshold }),
    approve: ({ server, as, root }) => {
      if (root !== undefined && !isEventId(root)) throw new HearthError('BAD_REQUEST', `${root} is no id of an event`)
      return servers.approveOwners(actorOf(as), serverOf(server), root)
    },
  }
}
