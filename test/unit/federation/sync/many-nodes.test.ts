import assert from 'node:assert/strict'
import { topologyOf } from '../../../../federation/sync/hubs.ts'
import { sha256 } from '../../../../node/crypto.ts'
import type { Site } from '../../../simulation/site.ts'
import { openLab, type Lab } from './lab.ts'

const meshMax = 4

// SYNC-12 to SYNC-14
describe('sync of more nodes than can all push to all', () => {
  let lab: Lab
  let hubs: Site[]
  let leaves: Site[]
  beforeEach(async () => {
    lab = await openLab({ sites: 10, meshMax })
    const nodes = lab.sites.map(({ keys }) => keys.nodeId)
    const [first] = nodes
    assert.ok(first)
    const topology = topologyOf(sha256, { server: lab.server, self: first, nodes, meshMax })
    hubs = lab.sites.filter(({ keys }) => topology.hubs.has(keys.nodeId))
    leaves = lab.sites.filter((site) => !hubs.includes(site))
  })

  const arrives = (at: readonly Site[], count: number, ms: number): Promise<boolean> =>
    lab.world.runUntil(
      () =>
        at.every(
          ({ process }) => process.log.sealedFeeds(lab.general).reduce((sum, { head }) => sum + head, 0) === count,
        ),
      ms,
    )

  it('a message of a leaf is everywhere within a second, and its origin pushes it once', async () => {
    const [leaf] = leaves
    assert.ok(leaf)
    await lab.say(leaf.index, 'opens the feed')
    assert.ok(await arrives(lab.sites, 1, 5_000))
    await lab.world.run(5_000)
    const before = leaf.process.station.sent.frames
    await lab.say(leaf.index, 'hello')
    assert.ok(await arrives(lab.sites, 2, 1_000))
    await lab.world.run(1_000)
    // By then its other hubs have it from the first: there is nothing to tell them.
    assert.equal(leaf.process.station.sent.frames - before, 1)
  })

  it('SYNC-13: a hub tells its other leaves of many messages at once', async () => {
    const [hub] = hubs
    assert.ok(hub)
    await lab.say(hub.index, 'opens the feed')
    await lab.world.run(5_000)
    const before = hub.process.station.sent.frames
    for (let i = 0; i < 20; i++) {
      await lab.say(hub.index, `message ${i}`)
      await lab.world.run(30)
    }
    await lab.world.run(2_000)
    assert.ok(await arrives(lab.sites, 21, 1_000))
    const nodes = lab.sites.map(({ keys }) => keys.nodeId)
    const eager = leaves.filter(({ keys: { nodeId: self } }) => {
      const { preferred } = topologyOf(sha256, { server: lab.server, self, nodes, meshMax })
      return preferred[0] === hub.keys.nodeId
    })
    const pushes = 20 * (hubs.length - 1 + eager.length)
    const frames = hub.process.station.sent.frames - before
    assert.ok(frames < pushes + 5 * (leaves.length - eager.length), `${frames} frames, ${pushes} of them pushes`)
  })

  it('hubs that go for good are stood in for, one after the other, until none is left but one', async () => {
    const [last] = hubs
    assert.ok(last)
    let said = 0
    for (const hub of hubs.slice(1)) {
      hub.crash()
      await lab.world.run(2_000)
      const up = lab.sites.filter(({ isUp }) => isUp)
      for (const site of [up[0], up.at(-1)]) if (site !== undefined && ++said) await lab.say(site.index, `${said}`)
      assert.ok(await arrives(up, said, 10_000), `without ${hub.name}`)
    }
    for (const hub of hubs.slice(1)) await lab.settle(hub.boot())
    assert.ok(await arrives(lab.sites, said, 60_000))
  })

  it('when its hub is away the next one takes over', async () => {
    const [leaf] = leaves
    assert.ok(leaf)
    const nodes = lab.sites.map(({ keys }) => keys.nodeId)
    const { preferred } = topologyOf(sha256, { server: lab.server, self: leaf.keys.nodeId, nodes, meshMax })
    const eager = lab.sites.find(({ keys }) => keys.nodeId === preferred[0])
    assert.ok(eager)
    eager.crash()
    await lab.world.run(100)
    const rest = lab.sites.filter((site) => site !== eager)
    for (const site of rest) await lab.say(site.index, `from ${site.name}`)
    assert.ok(await arrives(rest, rest.length, 3_000))
    await lab.settle(eager.boot())
    assert.ok(await arrives(lab.sites, rest.length, 5_000))
  })
})
