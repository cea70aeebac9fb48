import assert from 'node:assert/strict'
import type { NewestProgress } from '../../../../federation/sync/newest.ts'
import { createDisk } from '../../../simulation/disk.ts'
import { openLab, type Lab } from './lab.ts'

describe('a server that was just joined', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await openLab()
    for (let i = 0; i < 60; i++) await lab.say(0, `message ${i}`)
    await lab.world.run(2_000)
  })

  /** Site 2 begins anew, with an empty disk. */
  const rejoin = async (): Promise<void> => {
    lab.site(2).crash()
    lab.site(2).disk = createDisk(lab.world)
    await lab.settle(lab.site(2).boot())
    await lab.settle(lab.site(2).process.sync.join(lab.server, lab.site(0).keys.nodeId))
  }

  // SYNC-7
  it('has the newest events of each channel when it says so, and history comes after', async () => {
    await rejoin()
    const { sync } = lab.site(2).process
    const told: NewestProgress[] = []
    const from = lab.site(0).keys.nodeId
    const isHere = await lab.settle(
      sync.newest(lab.server, from, { forMs: 10_000, onProgress: (progress) => told.push(progress) }),
    )
    assert.equal(isHere, true)
    assert.deepEqual((await lab.texts(2)).at(-1), 'message 59')
    assert.deepEqual(told.at(-1)?.done, told.at(-1)?.total)
    assert.ok(told.every(({ done }, index) => index === 0 || done > (told[index - 1]?.done ?? -1)))
    await lab.world.run(60_000)
    assert.equal((await lab.texts(2)).length, 60)
    assert.equal(await lab.settle(sync.newest(lab.server, from, { forMs: 10_000 })), true)
  })

  // SYNC-5
  it('need not wait for a channel in which there is nothing', async () => {
    const { servers, log } = lab.site(0).process
    const owner = { kind: 'user', user: lab.site(0).user } as const
    const empty = await lab.settle(servers.createChannel(owner, lab.server, { handle: 'empty' }))
    await lab.world.run(2_000)
    await rejoin()
    const { sync, directory } = lab.site(2).process
    const startMs = lab.world.nowMs
    assert.equal(await lab.settle(sync.newest(lab.server, lab.site(0).keys.nodeId, { forMs: 10_000 })), true)
    assert.ok(lab.world.nowMs - startMs < 2_000, `${lab.world.nowMs - startMs} ms of the simulated clock`)
    assert.ok(directory.servers().some(({ channels }) => channels.includes(empty.id)))
    assert.equal(log.feeds(empty.id).length, 0)
  })

  it('gives up waiting when nobody gives them', async () => {
    await rejoin()
    const { sync } = lab.site(2).process
    lab.site(0).crash()
    const isHere = await lab.settle(sync.newest(lab.server, lab.site(0).keys.nodeId, { forMs: 5_000 }))
    assert.equal(isHere, false)
  })

  it('shows no error of the way there once all is here', async () => {
    await rejoin()
    const { sync } = lab.site(2).process
    await lab.world.run(1)
    for (const site of lab.sites) site.disk.failOnce()
    await lab.world.run(120_000)
    for (const { process } of lab.sites) {
      for (const { lastError, backfill, lagEvents } of process.sync.status()) {
        assert.equal(lastError, undefined)
        assert.deepEqual([lagEvents, backfill.done], [0, backfill.total])
      }
    }
    assert.equal(sync.status().length, 2)
  })
})
