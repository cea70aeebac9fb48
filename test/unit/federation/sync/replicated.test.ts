import assert from 'node:assert/strict'
import { createDisk } from '../../../simulation/disk.ts'
import { openLab, type Lab } from './lab.ts'

describe('what is told to be replicated', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await openLab()
  })

  // SYNC-8
  it('has nothing before it that is still on its way', async () => {
    const [home, away] = [lab.site(0), lab.site(2)]
    away.crash()
    for (let i = 0; i < 1_000; i++) await lab.say(0, `m${i}`)
    await lab.world.run(2_000)
    const [own] = home.process.log.feeds(lab.general)
    assert.ok(own)
    away.disk = createDisk(lab.world)
    await lab.settle(away.boot())
    const floors: (number | undefined)[] = []
    home.process.sync.onReplicated((feed, seq, by) => {
      if (feed !== own.feed || by !== away.keys.nodeId) return
      assert.equal(seq, own.head)
      floors.push(away.process.log.feeds(lab.general).find((one) => one.feed === feed)?.floor)
    })
    let backfilled = false
    away.process.log.onCommitted((entries) => (backfilled ||= entries.some(({ seq }) => seq === 1)))
    await lab.settle(away.process.sync.join(lab.server, home.keys.nodeId))
    assert.ok(await lab.world.runUntil(() => floors.length > 0, 60_000))
    assert.ok(backfilled)
    assert.deepEqual(floors, [1])
  }).timeout(20_000)

  // SYNC-8
  it('is told when they meet again, though the connection broke before the ACK', async () => {
    const [home, away] = [lab.site(0), lab.site(2)]
    await lab.say(0, 'before')
    await lab.world.run(2_000)
    const told: string[] = []
    home.process.sync.onReplicated((_feed, seq, by) => told.push(`${seq} ${by}`))
    const entry = await lab.say(0, 'last words')
    assert.ok(
      await lab.world.runUntil(
        () => away.process.log.feeds(lab.general).some(({ feed, head }) => feed === entry.feed && head === entry.seq),
        5_000,
      ),
    )
    // Stored, and gone before anything could be answered.
    away.crash()
    const line = `${entry.seq} ${away.keys.nodeId}`
    await lab.world.run(2_000)
    assert.ok(!told.includes(line))
    await lab.settle(away.boot())
    assert.ok(await lab.world.runUntil(() => told.includes(line), 20_000))
  })
})
