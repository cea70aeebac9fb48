/** SYNC-12 to SYNC-14: who pushes to whom. Pure: everybody who knows the same nodes comes to the same answer. */
import { decodeBase32 } from '../../spec/base32.ts'
import { concatBytes } from '../../spec/bytes.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import type { NodeId, ServerId } from '../../spec/ids.ts'

export interface Topology {
  /** All are linked to all, and the origin pushes to everybody. */
  readonly mesh: boolean
  readonly isHub: boolean
  readonly hubs: ReadonlySet<NodeId>
  /** The hubs in the order in which this node prefers them; a hub itself is not among its own. */
  readonly preferred: readonly NodeId[]
}

/** Hubs that a leaf is linked to: it gets pushes from the first that is there, and is told of news by the others. */
export const hubsPerLeaf = 3

/** `nodes`: all that serve the server, this one too, in any order. */
export const topologyOf = (
  sha256: Sha256,
  { server, self, nodes, meshMax }: { server: ServerId; self: NodeId; nodes: readonly NodeId[]; meshMax: number },
): Topology => {
  if (nodes.length <= meshMax) return { mesh: true, isHub: false, hubs: new Set(), preferred: [] }
  const serverBytes = bytesOf(server)
  const hubs = byHash(nodes, (node) => sha256(concatBytes(serverBytes, bytesOf(node)))).slice(0, hubCount(nodes.length))
  const selfBytes = bytesOf(self)
  const others = hubs.filter((hub) => hub !== self)
  return {
    mesh: false,
    isHub: others.length < hubs.length,
    hubs: new Set(hubs),
    preferred: byHash(others, (hub) => sha256(concatBytes(serverBytes, selfBytes, bytesOf(hub)))),
  }
}

/** The square root: a hub then has as many other hubs as leaves of its own, at most 62 for 1,000 nodes. */
const hubCount = (nodes: number): number => Math.max(2 * hubsPerLeaf, Math.ceil(Math.sqrt(nodes)))

const byHash = (nodes: readonly NodeId[], hashOf: (node: NodeId) => Uint8Array): NodeId[] =>
  nodes
    .map((node) => ({ node, hash: Buffer.from(hashOf(node)) }))
    .sort((a, b) => Buffer.compare(a.hash, b.hash))
    .map(({ node }) => node)

const bytesOf = (id: NodeId | ServerId): Uint8Array => decodeBase32(id) ?? new Uint8Array(32)
