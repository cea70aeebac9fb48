import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hubsPerLeaf, topologyOf } from '../../../../federation/sync/hubs.ts'
import { sha256 } from '../../../../node/crypto.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { NodeId, ServerId } from '../../../../spec/ids.ts'

const nodeOf = (number: number): NodeId => encodeBase32(sha256(Buffer.from(`node ${number}`))) as NodeId
const server = encodeBase32(sha256(Buffer.from('server'))) as ServerId
const nodesOf = (count: number): NodeId[] => Array.from({ length: count }, (_, number) => nodeOf(number))
const topology = (self: NodeId, nodes: readonly NodeId[]) => topologyOf(sha256, { server, self, nodes, meshMax: 32 })

/** Pushes and HAVEs that leave the origin for one message (SYNC-13). */
const costOf = (origin: NodeId, nodes: readonly NodeId[]): number => {
  const { mesh, isHub, hubs } = topology(origin, nodes)
  if (mesh) return nodes.length - 1
  if (!isHub) return hubsPerLeaf
  const leaves = nodes.filter(
    (node) => !hubs.has(node) && topology(node, nodes).preferred.slice(0, hubsPerLeaf).includes(origin),
  )
  return hubs.size - 1 + leaves.length
}

// SYNC-12 to SYNC-14
describe('hubs', () => {
  it('are not needed up to 32 nodes', () => {
    assert.equal(topology(nodeOf(0), nodesOf(32)).mesh, true)
    assert.equal(topology(nodeOf(0), nodesOf(33)).mesh, false)
  })

  it('are the same for everybody, in whatever order the nodes are known', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(nodesOf(60), { minLength: 60 }), fc.nat(59), (nodes, self) => {
        const one = topology(nodeOf(self), nodes)
        assert.deepEqual(one.hubs, topology(nodeOf(self), nodesOf(60)).hubs)
        assert.deepEqual(one.preferred, topology(nodeOf(self), nodesOf(60)).preferred)
      }),
      { numRuns: 20 },
    )
  })

  it('a leaf that loses a hub takes the next; the others keep theirs', () => {
    const nodes = nodesOf(100)
    const { hubs } = topology(nodeOf(0), nodes)
    const leaf = nodes.find((node) => !hubs.has(node)) ?? assert.fail('no leaf')
    const { preferred } = topology(leaf, nodes)
    assert.equal(new Set(preferred).size, hubs.size)
    assert.ok(preferred.slice(0, hubsPerLeaf).every((hub) => hubs.has(hub)))
  })

  it('the cost of a message at a leaf is three frames, whatever the number of nodes', () => {
    for (const count of [33, 100, 200, 400]) {
      const nodes = nodesOf(count)
      const { hubs } = topology(nodeOf(0), nodes)
      const leaf = nodes.find((node) => !hubs.has(node)) ?? assert.fail('no leaf')
      assert.equal(costOf(leaf, nodes), 3)
    }
  })

  it('a hub pushes to the other hubs and to its share of the leaves', () => {
    const nodes = nodesOf(200)
    const { hubs } = topology(nodeOf(0), nodes)
    assert.equal(hubs.size, 15)
    const costs = [...hubs].map((hub) => costOf(hub, nodes))
    assert.ok(Math.max(...costs) < 80, `${Math.max(...costs)}`)
  })
})
