import assert from 'node:assert/strict'
import { z } from 'zod'
import { openSite, shared } from './nodes.ts'

describe('a stolen key', () => {
  it('CERT-4: the node revokes all it had; its history stands where it is, and is had by those who come later', async () => {
    const [oak, elm, fir] = await Promise.all([
      openSite('oak', '127.0.24.1'),
      openSite('elm', '127.0.24.2'),
      openSite('fir', '127.0.24.3'),
    ])
    await using stack = new AsyncDisposableStack()
    for (const site of [oak, elm, fir]) stack.use(site)
    const [alice, bob, carl] = await Promise.all([oak.person('alice'), elm.person('bob'), fir.person('carl')])
    const general = await alice.channel('oak', 'general')
    await bob.join(await oak.link())
    for (const one of [alice, bob]) await one.hear(general)
    for (let i = 0; i < 20; i++) await alice.say(general, `under the old key ${i}`)
    await bob.heard('under the old key 19')

    await oak.node.ask(z.looseObject({ serial: z.literal(2) }), 'key', 'rotate', '--revoke-earlier')
    await oak.node.stop()
    await oak.node.restart()
    await alice.back()
    await alice.say(general, 'under the new key')
    await bob.heard('under the new key')
    await bob.say(general, 'seen')
    await alice.heard('seen')
    assert.deepEqual(shared(await bob.read(general)), shared(await alice.read(general)))
    const peer = await elm.node.ask(z.looseObject({ state: z.string() }), 'peer', 'list')
    assert.equal(peer.state, 'connected')
    const { code, stdout } = await oak.node.cli('log', 'verify')
    assert.equal(code, 0, stdout)

    // Who joins now never sees a seal of the old key, and has everything all the same.
    await carl.join(await oak.link())
    await carl.hear(general)
    await bob.say(general, 'hello fir')
    await carl.heard('hello fir')
    const texts = async () => (await carl.read(general)).filter(({ body }) => String(body).startsWith('under the old'))
    while ((await texts()).length < 20) await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(shared(await carl.read(general)), shared(await alice.read(general)))
  })
})
