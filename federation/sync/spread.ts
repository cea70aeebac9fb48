/** SYNC-12 to SYNC-14: whom news goes to, and who is asked to push to us. */
import type { Sha256 } from '../../spec/crypto.ts'
import type { ChannelId, FeedId, NodeId, ServerId } from '../../spec/ids.ts'
import type { Directory } from '../components.ts'
import { hubsPerLeaf, topologyOf, type Topology } from './hubs.ts'
import type { Scope, Served } from './scope.ts'
import type { Session } from './session.ts'

export interface Spread {
  /** News of a feed: ours, or from a peer. */
  announce(channel: ChannelId, feed: FeedId, from: NodeId | undefined): void
  isMesh(channel: ChannelId): boolean
  /** Sessions came or went, or servers changed: whom to ask for pushes. */
  regraft(): void
  links(): ReadonlySet<NodeId>
  forget(): void
}

export const createSpread = (
  parts: {
    readonly hash: Sha256
    readonly directory: Directory
    readonly scope: Scope
    readonly sessions: ReadonlyMap<NodeId, Session>
  },
  { nodeId, meshMax }: { readonly nodeId: NodeId; readonly meshMax: number },
): Spread => {
  const { hash, directory, scope, sessions } = parts
  const topologies = new Map<ServerId, Topology>()

  const topologyFor = ({ server, governance }: Served): Topology => {
    const known = topologies.get(server)
    if (known !== undefined) return known
    const nodes = [...new Set([nodeId, ...directory.peersOf(governance)])]
    const made = topologyOf(hash, { server, self: nodeId, nodes, meshMax })
    topologies.set(server, made)
    return made
  }

  const linked = (node: NodeId): boolean => sessions.get(node)?.closed === false

  /** The hubs of a leaf that are there now, in its order. */
  const hubsOf = ({ preferred }: Topology): NodeId[] => preferred.filter(linked).slice(0, hubsPerLeaf)

  /** SYNC-13: how this news goes to one peer. */
  const modeFor = (
    topology: Topology,
    { server }: Served,
    session: Session,
    from: NodeId | undefined,
  ): 'push' | 'have' | undefined => {
    if (session.node === from) return undefined
    if (topology.mesh) return from === undefined ? 'push' : undefined
    const isHub = topology.hubs.has(session.node)
    if (!topology.isHub) {
      if (from !== undefined || !isHub) return undefined
      const [first, ...others] = hubsOf(topology)
      if (session.node === first) return 'push'
      return others.includes(session.node) ? 'have' : undefined
    }
    if (isHub) return from === undefined || !topology.hubs.has(from) ? 'push' : undefined
    // Who has said nothing may still take itself for a hub, or us all for a mesh: it has to hear of what it lacks.
    return session.grafted.get(server) === true ? 'push' : 'have'
  }

  return {
    announce(channel, feed, from) {
      const served = scope.serverOf(channel)
      if (served === undefined) return
      const topology = topologyFor(served)
      if (topology.mesh && from !== undefined) return
      for (const session of sessions.values()) {
        const mode = modeFor(topology, served, session, from)
        if (mode === undefined || session.closed || !scope.isShared(session.node, channel)) continue
        if (mode === 'push') {
          session.due.pushes.add(feed)
          session.wake()
        } else {
          session.due.haves.add(feed)
          session.wakeWithin(haveMs)
        }
      }
    },
    isMesh(channel) {
      const served = scope.serverOf(channel)
      return served === undefined || topologyFor(served).mesh
    },
    regraft() {
      for (const served of scope.servers()) {
        const topology = topologyFor(served)
        if (topology.mesh || topology.isHub) continue
        const hubs = hubsOf(topology)
        for (const hub of hubs) {
          const session = sessions.get(hub)
          const eager = hub === hubs[0]
          if (session === undefined || session.asked.get(served.server) === eager) continue
          session.asked.set(served.server, eager)
          session.due.grafts.set(served.server, eager)
          session.wake()
        }
      }
    },
    links() {
      const wanted = new Set<NodeId>()
      for (const served of scope.servers()) {
        const { mesh, isHub, hubs, preferred } = topologyFor(served)
        const nodes = mesh ? directory.peersOf(served.governance) : isHub ? hubs : preferred.slice(0, hubsPerLeaf)
        for (const node of nodes) if (node !== nodeId) wanted.add(node)
        // A hub that is away is stood in for by the next.
        if (!mesh && !isHub) for (const node of standIns(preferred, linked)) wanted.add(node)
      }
      return wanted
    },
    forget: () => topologies.clear(),
  }
}

/** News that is only told of waits for more: who gets it waits twice as long for the push anyway (SYNC-13). */
const haveMs = 250

/** For each of the first three that is away, the next further down. */
const standIns = (preferred: readonly NodeId[], isLinked: (node: NodeId) => boolean): readonly NodeId[] => {
  const away = preferred.slice(0, hubsPerLeaf).filter((hub) => !isLinked(hub)).length
  return preferred.slice(hubsPerLeaf, hubsPerLeaf + away)
}
