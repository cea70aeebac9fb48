import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChannelId, ServerId } from '../../../spec/ids.ts'
import { openSite, untilAlike, type Person, type Site } from './nodes.ts'

interface Three extends AsyncDisposable {
  readonly home: Site
  readonly elm: Site
  readonly fir: Site
  readonly alice: Person
  readonly bob: Person
  readonly carl: Person
  readonly server: ServerId
  readonly general: ChannelId
}

/** A server of `oak` with members on three nodes, each of whom hears the others. */
const openThree = async (net: string): Promise<Three> => {
  const [home, elm, fir] = await Promise.all(
    ['oak', 'elm', 'fir'].map((name, i) => openSite(name, `127.0.${net}.${i + 1}`)),
  )
  assert.ok(home && elm && fir)
  const [alice, bob, carl] = await Promise.all([home.person('alice'), elm.person('bob'), fir.person('carl')])
  const link = await home.link()
  const server = await bob.join(link)
  await carl.join(link)
  const general = await alice.channel('oak', 'general')
  await Promise.all([alice, bob, carl].map((person) => person.hear(general)))
  await bob.say(general, 'bob is here')
  await carl.say(general, 'carl is here')
  for (const person of [alice, bob, carl]) for (const text of ['bob is here', 'carl is here']) await person.heard(text)
  return {
    home,
    elm,
    fir,
    alice,
    bob,
    carl,
    server,
    general,
    async [Symbol.asyncDispose]() {
      await Promise.all([home, elm, fir].map((site) => site[Symbol.asyncDispose]()))
    },
  }
}

describe('a community outlives its node', () => {
  it('killed amid the conversation: the others talk on, and when it returns all have the same', async () => {
    await using three = await openThree('21')
    const { home, alice, bob, carl, general } = three
    await Promise.all(Array.from({ length: 40 }, (_, i) => [alice, bob, carl][i % 3]!.say(general, `together ${i}`)))
    const dying = Array.from({ length: 40 }, (_, i) => alice.say(general, `dying ${i}`).then(() => i))
    await Promise.race(dying)
    await home.node.kill9()
    const acked = (await Promise.allSettled(dying)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))

    await Promise.all(Array.from({ length: 40 }, (_, i) => [bob, carl][i % 2]!.say(general, `without oak ${i}`)))
    await bob.heard('without oak 39')
    await carl.heard('without oak 38')
    // What oak could push to one of them before it died, the other has from that one.
    const without = await untilAlike([bob, carl], general, 'without oak 39')
    assert.equal(without.filter(({ body }) => String(body).startsWith('without oak')).length, 40)

    await home.node.restart()
    await alice.back()
    await alice.say(general, 'oak is back')
    await Promise.all([bob, carl].map((person) => person.heard('oak is back')))
    await bob.say(general, 'bob sees it')
    await alice.heard('bob sees it')
    await carl.say(general, 'carl sees it')
    await alice.heard('carl sees it')
    await carl.heard('bob sees it')
    await bob.heard('carl sees it')
    const atOak = await untilAlike([alice, bob, carl], general, 'carl sees it')
    const texts = new Map(atOak.map(({ body }) => [body, 1]))
    assert.equal(texts.size, atOak.length, 'nothing twice')
    for (const i of acked) assert.ok(texts.has(`dying ${i}`), `dying ${i} was acknowledged`)
    for (let i = 0; i < 40; i++) assert.ok(texts.has(`together ${i}`) && texts.has(`without oak ${i}`))
  })

  it('its data destroyed: what was replicated stays, and those that remain go on and agree', async () => {
    await using three = await openThree('22')
    const { home, alice, bob, carl, general, server } = three
    await alice.say(general, 'remember me')
    const { id } = await bob.heard('remember me')
    await alice.inbox('replicated', (event) => event['id'] === id)
    await home.node.kill9()
    await rm(join(home.node.data, 'store'), { recursive: true })

    await Promise.all(Array.from({ length: 20 }, (_, i) => [bob, carl][i % 2]!.say(general, `after the fire ${i}`)))
    await bob.heard('after the fire 19')
    await carl.heard('after the fire 18')
    const atElm = await untilAlike([bob, carl], general, 'after the fire 19')
    assert.ok(atElm.some(({ body, author }) => body === 'remember me' && author.name === 'alice'))
    assert.deepEqual(await bob.channels(server), ['general'])

    // Restarting must not shut the others out.
    await three.elm.node.kill9()
    await three.elm.node.restart()
    await bob.back()
    await bob.say(general, 'elm was away too')
    await untilAlike([bob, carl], general, 'elm was away too')
  })
})
