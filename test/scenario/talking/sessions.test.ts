import assert from 'node:assert/strict'
import type { ChannelId } from '../../../spec/ids.ts'
import type { ClientInit, TestClient } from '../../support/mqtt-client.ts'
import { mosquittoPub, mosquittoSub } from '../../support/mosquitto.ts'
import { channelId, openCommunity, password, type Community } from './community.ts'

describe('sessions and transports', () => {
  let community: Community
  let alice: TestClient
  let general: ChannelId
  before(async () => {
    community = await openCommunity()
    alice = await community.join('alice')
    await (await community.join('bob'))[Symbol.asyncDispose]()
    general = (await channelId(alice, 'alice', 'general', community.server)) as ChannelId
  })
  after(() => community[Symbol.asyncDispose]())

  const say = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) await alice.publish(`c/${general}/say`, `message ${i}`)
  }
  const numbersOf = (client: TestClient): number[] =>
    client.received.flatMap(({ text }) => /message (\d+)/.exec(text)?.slice(1).map(Number) ?? [])

  for (const version of [4, 5] as const) {
    it(`a persistent session gets what it missed from the log, in order, once, then live (MQTT ${version === 4 ? '3.1.1' : '5'})`, async () => {
      const base = version === 4 ? 0 : 1_000
      const persistent: Partial<ClientInit> = {
        clientId: `bob-${version}`,
        version,
        options: {
          clean: false,
          ...(version === 5 && { properties: { sessionExpiryInterval: 3_600, receiveMaximum: 7 } }),
        },
      }
      let bob = await community.enter('bob', persistent)
      await bob.subscribe(`c/${general}/events`)
      await say(base, base + 10)
      await bob.waitFor(({ text }) => text.includes(`message ${base + 9}"`))
      assert.deepEqual(
        numbersOf(bob),
        Array.from({ length: 10 }, (_, i) => base + i),
      )
      await bob[Symbol.asyncDispose]()
      await say(base + 10, base + 310)
      await community.node.kill9()
      await community.node.restart()
      alice = await community.enter('alice')
      await say(base + 310, base + 320)
      bob = await community.enter('bob', persistent)
      assert.equal(bob.connack.sessionPresent, true)
      await bob.waitFor(({ text }) => text.includes(`message ${base + 319}"`))
      await say(base + 320, base + 330)
      await bob.waitFor(({ text }) => text.includes(`message ${base + 329}"`))
      const numbers = numbersOf(bob)
      const fresh = numbers.slice(numbers.indexOf(base + 10))
      assert.deepEqual(
        fresh,
        Array.from({ length: 320 }, (_, i) => base + 10 + i),
      )
      await bob[Symbol.asyncDispose]()
    })
  }

  it('TLS with the certificate made at the first start, and WebSocket, carry the same', async () => {
    const { mqtts, webSocket } = community.node.ready.addresses
    for (const url of [mqtts, webSocket]) {
      await using client = await community.enter('bob', { url, clientId: 'elsewhere' })
      await client.subscribe(`s/${community.server}/general/lines`)
      await client.publish(`s/${community.server}/general/say`, `over ${new URL(url).protocol}`)
      await client.waitFor(({ text }) => text.includes(`over ${new URL(url).protocol}`))
    }
  })

  it('stock mosquitto tools work over TLS', async () => {
    const { mqtts } = community.node.ready.addresses
    const target = { url: mqtts, user: 'bob', password }
    const trust = ['--cafile', `${community.node.data}/tls/cert.pem`]
    await using listening = await mosquittoSub(target, `s/${community.server}/general/lines`, ...trust)
    await mosquittoPub(target, `s/${community.server}/general/say`, 'sealed', ...trust)
    assert.match(await listening.line(), /: sealed$/)
  })
})
