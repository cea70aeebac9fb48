import { HearthError } from '../../spec/errors.ts'
import { isNodeId } from '../../spec/identifiers.ts'
import type { NodeId, ServerId } from '../../spec/ids.ts'
import type { InviteLink } from '../../spec/invite-link.ts'
import type { PeerStatus } from '../../federation/peers/components.ts'
import type { FederationAdmin, PeerRow, ReplicationRow } from '../admin/components.ts'
import type { Data } from '../data.ts'
import type { Federation } from '../federation/federation.ts'
import type { Servers } from '../servers/servers.ts'

export const federationOff = (): HearthError =>
  new HearthError('CONFIG_INVALID', 'this node does not federate; start it with --federation on')

/** Without a federation every method throws CONFIG_INVALID. */
export const federationAdmin = (
  federation: Federation | undefined,
  { servers }: { readonly servers: Servers },
): FederationAdmin => {
  const open = (): Federation => {
    if (federation === undefined) throw federationOff()
    return federation
  }
  const changed = async (): Promise<void> => open().peers.reconsider()

  return {
    peers: async () => open().peers.peers().map(peerRow),

    addPeer: async ({ peer, at }) => {
      const { trust, contacts } = open()
      if (isNodeId(peer)) {
        if (at === undefined && (trust.record(peer)?.addresses ?? []).length === 0) {
          throw new HearthError('BAD_REQUEST', 'nobody knows where that node is; say --at /ip4/…/tcp/4001')
        }
        const addresses = at === undefined ? [] : [at]
        await trust.pin({ nodeId: peer, by: 'admin', ...(at !== undefined && { addresses }) })
        await contacts.add(peer, addresses)
        return { node: peer }
      }
      const { nodeId, by, addresses } = await trust.discover(peer)
      await trust.pin({ nodeId, by, domain: peer, ...(addresses.length > 0 && { addresses }) })
      await contacts.add(nodeId, at === undefined ? addresses : [at, ...addresses])
      return { node: nodeId }
    },

    removePeer: async (peer) => {
      const { contacts, trust } = open()
      const node = findPeer(open(), peer)
      await contacts.remove(node)
      await trust.forget(node)
      return { node }
    },

    ping: async (peer) => {
      const node = findPeer(open(), peer)
      return { node, ...(await open().peers.ping(node)) }
    },

    trust: async ({ peer, domain }) => {
      const node = isNodeId(peer) ? peer : findPeer(open(), peer)
      await open().trust.accept(node, domain)
      await open().peers.reconsider(node)
      return { node }
    },

    status: async () => {
      const { sync, peers } = open()
      const states = new Map(peers.peers().map((peer) => [peer.nodeId, peer]))
      return sync.status().map(({ server, node, lagEvents, lagSeconds, backfill, lastError }) => ({
        server: servers.server(server)?.handle ?? server,
        node,
        name: states.get(node)?.name ?? '',
        link: states.get(node)?.state ?? 'away',
        lagEvents,
        lagSeconds,
        backfill: progressOf(backfill),
        lastError: states.get(node)?.reason ?? lastError ?? states.get(node)?.lastError,
      }))
    },

    lists: async () => {
      const { mode, allow, deny } = open().lists.policy()
      const rows = (list: string, entries: ReadonlySet<string>) => [...entries].map((entry) => ({ list, entry }))
      return { mode, entries: [...rows('allow', allow), ...rows('deny', deny)] }
    },

    setAdmission: async ({ list, entry, remove }) => {
      const name = entry.trim().toLowerCase()
      if (remove) await open().lists.remove(list, name)
      else await open().lists.add(list, name)
      await changed()
    },

    setMode: async (mode) => {
      await open().lists.setMode(mode)
      await changed()
    },
  }
}

/** `here`, `away` when nothing is known of it, else the state of the link. */
export const linkTo = (federation: Federation | undefined, self: NodeId, node: NodeId): string =>
  node === self ? 'here' : (federation?.peers.peers().find(({ nodeId }) => nodeId === node)?.state ?? 'away')

/** For people of other nodes. Throws CONFIG_INVALID when nobody could reach this one. */
export const homeOf = (
  server: ServerId,
  { keys }: Pick<Data, 'keys'>,
  federation: Federation | undefined,
): NonNullable<InviteLink['home']> => {
  const addresses = federation?.addresses() ?? []
  if (federation === undefined || addresses.length === 0) throw federationOff()
  federation.expectVisitors()
  return { server, nodeId: keys.nodeId, addresses }
}

export const replicationOf = (server: ServerId, federation: Federation | undefined): ReplicationRow | undefined => {
  const links = federation?.sync.status().filter((one) => one.server === server) ?? []
  const [first] = links
  if (first === undefined) return undefined
  return {
    nodes: links.length,
    connected: links.filter(({ connected }) => connected).length,
    backfill: first.backfill,
    history: progressOf(first.backfill),
    lagEvents: Math.max(...links.map(({ lagEvents }) => lagEvents)),
  }
}

const peerRow = ({ nodeId, reason, lastError, ...peer }: PeerStatus): PeerRow => ({
  node: nodeId,
  ...peer,
  reason: reason ?? (peer.state === 'connected' ? undefined : lastError),
})

/** NOT_FOUND says what there is; BAD_REQUEST when several begin so. */
const findPeer = ({ peers, trust }: Federation, name: string): NodeId => {
  const known = peers.peers()
  const found = known.filter(
    ({ nodeId }) =>
      nodeId === name || trust.record(nodeId)?.domain === name || (name.length >= 6 && nodeId.startsWith(name)),
  )
  const [only, ...more] = found
  if (more.length > 0)
    throw new HearthError('BAD_REQUEST', `${found.length} nodes begin with ${name}; write more of it`)
  if (only !== undefined) return only.nodeId
  const names = known.map(({ nodeId, name: shown }) => shown || nodeId.slice(0, 12)).join(', ')
  throw new HearthError('NOT_FOUND', `no node ${name} is known here; there is ${names || 'none yet'}`)
}

const progressOf = ({ done, total }: { readonly done: number; readonly total: number }): string =>
  done >= total ? 'whole' : `${Math.floor((100 * done) / total)} % of ${total}`
