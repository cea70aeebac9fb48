import assert from 'node:assert/strict'
import { z } from 'zod'
import { history } from '../../../spec/calls/history.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { createShiftedClock } from '../../fault/shifted-clock.ts'
import { callNode } from '../../support/calls.ts'
import { openSite, shared, type Person } from './nodes.ts'

const dayMs = 24 * 3_600_000

describe('FEED-8: a channel that is kept for some days, on two nodes', function () {
  this.timeout(180_000)

  it('older messages are dropped on both, and a node that joins later gets no more than that', async function () {
    const clock = await createShiftedClock()
    if (typeof clock === 'string') {
      console.log(`      skipped: ${clock}`)
      return this.skip()
    }
    await using _clock = clock
    const { environment } = clock
    // Both are restarted at a time, and find each other again.
    const port = 4_001
    await using home = await openSite('oak', '127.0.27.1', { environment, port })
    await using away = await openSite('elm', '127.0.27.2', { environment, port })
    const [alice, bob] = await Promise.all([home.person('alice'), away.person('bob')])
    await bob.join(await home.link())
    const general = await alice.channel('oak', 'general')
    await Promise.all([alice.hear(general), bob.hear(general)])
    for (let i = 0; i < 5; i++) await alice.say(general, `old ${i}`)
    await bob.say(general, 'old of bob')
    await alice.heard('old of bob')
    await bob.heard('old 4')

    // A clock that jumps would not be believed for an hour.
    await Promise.all([home, away].map(({ node }) => node.stop()))
    await clock.shift(3 * dayMs)
    await Promise.all([home, away].map(({ node }) => node.restart()))
    await Promise.all([alice, bob].map((person) => person.back()))
    await alice.say(general, 'new')
    await bob.heard('new')
    const set = await home.node.cli('channel', 'retention', 'oak', 'general', '2', '--yes')
    assert.equal(set.code, 0, set.stderr)

    const texts = ['new']
    for (const person of [alice, bob]) await untilRead(person, general, texts)
    const page = await callNode(bob.client, bob.user, history, { channel: general })
    assert.ok(Math.abs((page.begins ?? 0) - (Date.now() + dayMs)) < 600_000)
    for (const { node } of [home, away]) {
      const verified = await node.cli('log', 'verify')
      assert.equal(verified.code, 0, verified.stdout)
    }
    const list = await away.node.ask(z.looseObject({ keptDays: z.literal(2) }), 'channel', 'list', 'oak')
    assert.equal(list['channel'], 'general')

    await using later = await openSite('fir', '127.0.27.3', { environment })
    const carl = await later.person('carl')
    await carl.join(await home.link())
    await carl.hear(general)
    await bob.say(general, 'hello carl')
    await carl.heard('hello carl')
    for (const person of [alice, bob, carl]) await untilRead(person, general, ['new', 'hello carl'])
    assert.deepEqual(shared(await carl.read(general)), shared(await alice.read(general)))

    // And on, after a restart, and for who was away.
    await away.node.kill9()
    await away.node.restart()
    await bob.back()
    await alice.say(general, 'on we go')
    await bob.heard('on we go')
    assert.deepEqual(shared(await bob.read(general)), shared(await alice.read(general)))
  })
})

/** Dropping is told to nobody: members see it by reading. */
const untilRead = async (person: Person, channel: ChannelId, texts: readonly string[]): Promise<void> => {
  for (;;) {
    const read = (await person.read(channel)).map(({ body }) => body)
    if (read.length === texts.length && texts.every((text) => read.includes(text))) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}
