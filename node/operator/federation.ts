import { HearthError } from '../../spec/errors.ts'
import { isFeedId, isNodeId } from '../../spec/identifiers.ts'
import type { ChannelId, NodeId, ServerId } from '../../spec/ids.ts'
import type { InviteLink } from '../../spec/invite-link.ts'
import type { PeerStatus } from '../../federation/peers/components.ts'
import type { Equivocation } from '../../federation/sync/components.ts'
import type { ReplicationRow } from '../admin/components.ts'
import type { FederationAdmin, PeerRow } from '../admin/federation-components.ts'
import type { Data } from '../data.ts'
import type { Federation } from '../federation/federation.ts'
import type { Servers } from '../servers/servers.ts'
import { actorOf } from './names.ts'

export const federationOff = (): HearthError =>
  new HearthError('CONFIG_INVALID', 'this node does not federate; start it with --federation on')

/** Without a federation every method throws CONFIG_INVALID. */
export const federationAdmin = (
  federation: Federation | undefined,
  { servers, log }: { readonly servers: Servers; readonly log: Pick<Data['log'], 'feeds'> },
): FederationAdmin => {
  const open = (): Federation => {
    if (federation === undefined) throw federationOff()
    return federation
  }
  const serverOf = (channel: ChannelId) => {
    const known = servers.channel(channel)
    return servers.governedBy(channel) ?? (known && servers.server(known.server))
  }
  const channelName = (channel: ChannelId): string => {
    const handle = servers.channel(channel)?.handle
    return handle === undefined ? channel : `#${handle}`
  }
  const forksOf = (server: ServerId, node: NodeId): number =>
    open()
      .sync.equivocations()
      .filter(({ origin }) => origin.node === node && serverOf(origin.channel)?.id === server).length
  const changed = async (): Promise<void> => open().peers.reconsider()

  return {
    peers: async () => {
      const { peers, sync } = open()
      return peers.peers().map((peer) => peerRow(peer, sync.equivocations()))
    },

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
        forks: forksOf(server, node),
        lastError: states.get(node)?.reason ?? lastError ?? states.get(node)?.lastError,
      }))
    },

    forks: async () => {
      const { sync, peers } = open()
      const heads = new Map(log.feeds().map(({ feed, head }) => [feed, head]))
      return sync.equivocations().map(({ feed, origin, at }) => {
        const server = serverOf(origin.channel)
        const head = heads.get(feed)
        return {
          server: server?.handle ?? '',
          channel: server?.governance === origin.channel ? 'governance' : channelName(origin.channel),
          node: origin.node,
          name: peers.peers().find(({ nodeId }) => nodeId === origin.node)?.name ?? '',
          feed,
          at,
          held: head === undefined || head < at ? undefined : head,
          resolved: server && servers.resolvedBy(server.id, feed),
        }
      })
    },

    resolve: async ({ feed, as }) => {
      if (!isFeedId(feed)) throw new HearthError('BAD_REQUEST', `${feed} is no feed; see: hearth federation forks`)
      return servers.resolveFork(actorOf(as), feed)
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

const peerRow = (
  { nodeId, reason, lastError, ...peer }: PeerStatus,
  equivocations: readonly Equivocation[],
): PeerRow => {
  const forks = equivocations.filter(({ origin }) => origin.node === nodeId).length
  const why = forks === 0 ? undefined : 'it wrote two histories of a feed: hearth federation forks'
  return { node: nodeId, ...peer, forks, reason: reason ?? (peer.state === 'connected' ? undefined : lastError) ?? why }
}

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
