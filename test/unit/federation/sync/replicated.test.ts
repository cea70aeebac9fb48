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

  // SYNC-8
  it('waits for the beginning of the feed, unless its author has no more of it', async () => {
    const [home, other, author] = [lab.site(0), lab.site(1), lab.site(2)]
    home.crash()
    other.crash()
    const { feed } = await lab.say(2, 'first')
    await lab.say(2, 'second')
    await lab.world.run(2_000)
    const version = author.process.log.sealedFeeds(lab.general).find((one) => one.feed === feed)
    const slice = await lab.settle(author.process.log.slice(feed, 2, 1))
    assert.ok(version && slice?.seal)
    author.crash()
    await lab.settle(home.boot())
    const stranger = await lab.stranger(author.keys)
    await lab.world.run(2_000)
    const asked = (): boolean =>
      stranger.frames.some((frame) => frame.type === 'vector' && frame.channel === lab.general && frame.ask)
    const acks = (): number[] => stranger.frames.flatMap((frame) => (frame.type === 'ack' ? [frame.seq] : []))
    stranger.frames.splice(0)
    stranger.send(0, { type: 'push', piece: { ...slice, redactedBy: new Map(), certificates: [] } })
    assert.ok(await lab.world.runUntil(asked, 2_000))
    assert.equal(home.process.log.feeds(lab.general).find((one) => one.feed === feed)?.floor, 2)
    assert.deepEqual(acks(), [])
    const { node, channel, epoch, head, headHash, headId } = version
    const state = { origin: { node, channel, epoch }, floor: 2, head, headHash, headId }
    stranger.send(0, { type: 'vector', channel: lab.general, ask: false, more: false, feeds: [state] })
    assert.ok(await lab.world.runUntil(() => acks().length > 0, 2_000))
    assert.deepEqual(acks(), [2])
  })
})
