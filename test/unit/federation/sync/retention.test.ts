import assert from 'node:assert/strict'
import { firstIdOf } from '../../../../spec/event-id.ts'
import type { Entry } from '../../../../node/log/log.ts'
import { createDisk } from '../../../simulation/disk.ts'
import { openLab, type Lab } from './lab.ts'

/** FEED-7 among nodes: who has dropped more than others, and who was away. */
describe('sync of a channel that is kept for some time only', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await openLab()
  })

  const retain = (index: number, from: Entry): Promise<number> => {
    const { log } = lab.site(index).process
    const [governs] = log.feeds(lab.site(index).process.directory.servers()[0]?.governance)
    assert.ok(governs)
    return lab.settle(log.retain(lab.general, { from: firstIdOf(stampOf(from)), because: governs.headId }))
  }
  const floors = (index: number): number[] =>
    lab
      .site(index)
      .process.log.feeds(lab.general)
      .map(({ floor }) => floor)
      .sort((a, b) => a - b)
  const sent = (): number => lab.sites.reduce((sum, { process }) => sum + process.station.sent.bytes, 0)
  const talk = async (from: number, to: number): Promise<Entry[]> => {
    const said: Entry[] = []
    for (let i = from; i < to; i++) {
      said.push(await lab.say(0, `message ${i}`))
      await lab.world.run(50)
    }
    return said
  }

  it('SYNC-5: who keeps less serves what it has, and neither it nor others fetch below its floor', async () => {
    const said = await talk(0, 10)
    const sixth = said[6] ?? assert.fail()
    await lab.world.run(5_000)
    assert.equal(await retain(1, sixth), 6)
    await lab.world.run(120_000)
    assert.deepEqual(await lab.texts(1), ['message 6', 'message 7', 'message 8', 'message 9'])
    assert.equal((await lab.texts(0)).length, 10)
    assert.deepEqual(floors(1), [7])
    assert.deepEqual(floors(0), [1])
    const before = sent()
    await lab.world.run(120_000)
    assert.ok(sent() - before < 1_500, `an idle link costs digests only, not ${sent() - before} bytes`)
    await lab.say(1, 'and on')
    await lab.world.run(2_000)
    assert.equal((await lab.texts(2)).at(-1), 'and on')
  })

  it('SYNC-7: backfill stops at the floor: a node that begins later is asked for no more', async () => {
    const said = await talk(0, 40)
    lab.site(2).crash()
    const last = said[35] ?? assert.fail()
    await lab.world.run(1_000)
    await retain(0, last)
    await retain(1, last)
    lab.site(2).disk = createDisk(lab.world)
    await lab.settle(lab.site(2).boot())
    const { process } = lab.site(2)
    await lab.settle(process.sync.join(lab.server, lab.site(0).keys.nodeId))
    await lab.world.run(60_000)
    assert.deepEqual(floors(2), [36])
    assert.deepEqual((await lab.texts(2)).at(0), 'message 35')
    for (const { lagEvents, backfill } of process.sync.status()) {
      assert.equal(lagEvents, 0)
      assert.equal(backfill.done, backfill.total)
    }
    assert.deepEqual(await lab.settle(process.log.verify()), [])
  })

  it('who was away for longer than anybody keeps goes on past the hole, once it drops its own, too', async () => {
    await talk(0, 5)
    await lab.world.run(5_000)
    lab.site(2).crash()
    const said = await talk(5, 20)
    const from = said.at(-3) ?? assert.fail()
    await retain(0, from)
    await retain(1, from)
    await lab.settle(lab.site(2).boot())
    await retain(2, from)
    await lab.world.run(60_000)
    for (const index of [0, 1, 2]) {
      assert.deepEqual(await lab.texts(index), ['message 17', 'message 18', 'message 19'], `site ${index}`)
    }
    assert.deepEqual(floors(2), floors(0))
    await lab.say(2, 'back')
    await lab.world.run(2_000)
    assert.equal((await lab.texts(0)).at(-1), 'back')
    for (const { process } of lab.sites) assert.deepEqual(await lab.settle(process.log.verify()), [])
  })

  it('SYNC-6: the last event of a feed comes without its body, beside the event that set how long it is kept', async () => {
    await lab.say(1, 'long ago')
    await lab.world.run(5_000)
    const [now] = await talk(0, 1)
    assert.ok(now)
    await retain(0, now)
    await retain(1, now)
    lab.site(2).crash()
    lab.site(2).disk = createDisk(lab.world)
    await lab.settle(lab.site(2).boot())
    await lab.settle(lab.site(2).process.sync.join(lab.server, lab.site(0).keys.nodeId))
    // No minute of waiting: the event that redacts is here.
    await lab.world.run(20_000)
    const { log, sync } = lab.site(2).process
    assert.equal(log.feeds(lab.general).length, 2)
    assert.ok((await lab.texts(2)).includes('(erased)'))
    for (const { lagEvents } of sync.status()) assert.equal(lagEvents, 0)
    await retain(2, now)
    assert.deepEqual(await lab.texts(2), ['message 0'])
    assert.deepEqual(await lab.settle(log.verify()), [])
  })
})

const stampOf = ({ id }: Entry): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
