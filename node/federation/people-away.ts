/** Friends and DMs between nodes (FRIEND-22): how this node asks others, and what it answers. */
import { answerNode, type Calls, type NodeCallHandler } from '../../federation/calls/create-calls.ts'
import type { Timers } from '../../federation/components.ts'
import type { NodePeers } from '../../federation/peers/create-peers.ts'
import type { Trust } from '../../federation/trust/create-trust.ts'
import { HearthError } from '../../spec/errors.ts'
import type { NodeId } from '../../spec/ids.ts'
import { dmAddCall } from '../../spec/node-calls/dm.add.ts'
import { dmOpenCall } from '../../spec/node-calls/dm.open.ts'
import { friendAcceptCall } from '../../spec/node-calls/friend.accept.ts'
import { friendRemoveCall } from '../../spec/node-calls/friend.remove.ts'
import { friendRequestCall } from '../../spec/node-calls/friend.request.ts'
import { personOf } from '../../spec/person.ts'
import type { FriendMethod, Friends, Remote } from '../friends/friends.ts'
import type { Contacts } from './contacts.ts'

const specs = {
  'friend.request': friendRequestCall,
  'friend.accept': friendAcceptCall,
  'friend.remove': friendRemoveCall,
  'dm.open': dmOpenCall,
  'dm.add': dmAddCall,
} as const satisfies Record<FriendMethod, unknown>

/** NCALL-10: the caller answers for its users: `from` is one of the node that HELLO has proven. */
export const peopleAnswers = (friends: Pick<Friends, 'answer'>): NodeCallHandler[] =>
  (Object.keys(specs) as FriendMethod[]).map((method) =>
    answerNode(specs[method], async ({ nodeId }, { from, to, place }) => {
      const { standing } = await friends.answer(method, { from: personOf(from, nodeId), to, place })
      return standing === undefined ? {} : { standing }
    }),
  )

export interface PeopleAwayComponents {
  readonly calls: Pick<Calls, 'ask' | 'peer' | 'connected'>
  readonly peers: Pick<NodePeers, 'want' | 'onPeer'>
  readonly trust: Pick<Trust, 'record' | 'records' | 'discover' | 'pin'>
  readonly contacts: Pick<Contacts, 'release'>
  readonly timers: Timers
}

export const createPeopleAway = (
  { calls, peers, trust, contacts, timers }: PeopleAwayComponents,
  { nodeId, nodeName }: { readonly nodeId: NodeId; readonly nodeName: string },
): Remote => ({
  async request(node, method, body) {
    if (calls.peer(node) === undefined) {
      if ((trust.record(node)?.addresses ?? []).length === 0) {
        throw new HearthError('NODE_DOWN', `nobody here knows where the node ${node} is`)
      }
      peers.want(node)
      // A DM or a server that both share keeps the connection; otherwise it was for this.
      timers.after(keptMs, () => contacts.release(node))
      await calls.connected(node, connectMs)
    }
    const { from, to, place } = body
    const input = { from, to, ...(place !== undefined && { place }) }
    const { standing } = await calls.ask(node, specs[method], input)
    return standing === undefined ? {} : { standing }
  },
  onReachable: (listener) => peers.onPeer((peer) => listener(peer.nodeId)),
  async nodeOf(domain) {
    const known = trust.records().find((record) => record.domain === domain)
    if (known !== undefined) return known.nodeId
    const {
      nodeId: node,
      by,
      addresses,
    } = await trust.discover(domain).catch((cause: unknown) => {
      throw new HearthError('NOT_FOUND', `there is no node ${domain} that can be found`, { cause })
    })
    await trust.pin({ nodeId: node, by, domain, ...(addresses.length > 0 && { addresses }) })
    return node
  },
  nameOf: (node) => (node === nodeId ? nodeName : (trust.record(node)?.domain ?? node)),
})

const connectMs = 5_000
const keptMs = 60_000
