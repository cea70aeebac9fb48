/** What this node answers other nodes (spec/node-calls.md). */
import { answerNode, type NodeCallHandler } from '../../federation/calls/create-calls.ts'
import type { Trust } from '../../federation/trust/create-trust.ts'
import { HearthError } from '../../spec/errors.ts'
import { nodeMember } from '../../spec/identifiers.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { nodeAddressesCall } from '../../spec/node-calls/node.addresses.ts'
import { serverJoinCall } from '../../spec/node-calls/server.join.ts'
import { serverStandingCall } from '../../spec/node-calls/server.standing.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Servers } from '../servers/servers.ts'
import type { NodeDirectory } from './directory.ts'

export interface AnswersComponents {
  readonly accounts: Pick<Accounts, 'redeemInviteFor'>
  readonly servers: Pick<Servers, 'admitRemote' | 'replicas' | 'grantOf'>
  readonly directory: Pick<NodeDirectory, 'farewell' | 'nodesOf'>
  readonly trust: Pick<Trust, 'record'>
}

export const nodeAnswers = ({ accounts, servers, directory, trust }: AnswersComponents): NodeCallHandler[] => [
  answerNode(serverJoinCall, async ({ nodeId: node }, { server, code, member, user }) => {
    if (member === nodeMember) throw new HearthError('BAD_REQUEST', 'the member that stands for a node joins nothing')
    const address = addressAt(user, node, trust)
    return accounts.redeemInviteFor({
      code,
      address: `node ${node}`,
      server,
      present: () => {
        const grant = servers.grantOf(node, member, server)
        return grant === undefined ? undefined : { grant }
      },
      admit: ({ invitedBy, role }) =>
        servers.admitRemote({ node, member, address }, server, {
          invitedBy: invitedBy === undefined ? { kind: 'operator' } : { kind: 'user', user: invitedBy },
          ...(role !== undefined && { role }),
        }),
    })
  }),

  // NCALL-8
  answerNode(serverStandingCall, ({ nodeId }, { server }) => {
    const member = servers.replicas(server)?.nodes.has(nodeId) === true
    if (!member) directory.farewell(nodeId, server)
    return Promise.resolve({ member })
  }),

  answerNode(nodeAddressesCall, ({ nodeId }, { server, nodes }) => {
    const hosts = new Set(directory.nodesOf(server))
    if (!hosts.has(nodeId)) throw new HearthError('NOT_FOUND', 'there is no such server')
    return Promise.resolve({
      nodes: nodes.flatMap((node) => {
        const { addresses = [] } = (hosts.has(node) ? trust.record(node) : undefined) ?? {}
        return addresses.length > 0 ? [{ node, addresses: addresses.slice(0, addressesMax) }] : []
      }),
    })
  }),
]

/** By the domain that was checked both ways (TRUST-6), else by the node id. */
const addressAt = (user: UserName, node: NodeId, trust: Pick<Trust, 'record'>): string =>
  `${user}@${trust.record(node)?.domain ?? node}`

const addressesMax = 16
