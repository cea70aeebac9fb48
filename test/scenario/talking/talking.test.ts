import assert from 'node:assert/strict'
import { history } from '../../../spec/calls/history.ts'
import { catchup } from '../../../spec/calls/catchup.ts'
import { who } from '../../../spec/calls/who.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { callNode } from '../../support/calls.ts'
import { mosquittoPub, mosquittoSub } from '../../support/mosquitto.ts'
import type { TestClient } from '../../support/mqtt-client.ts'
import { channelId, openCommunity, type Community } from './community.ts'

describe('talking over plain MQTT', () => {
  let community: Community
  let alice: TestClient
  let bob: TestClient
  let general: ChannelId
  before(async () => {
    community = await openCommunity()
    alice = await community.join('alice')
    bob = await community.join('bob', { version: 4 })
    general = (await channelId(alice, 'alice', 'general', community.server)) as ChannelId
    await bob.subscribe('u/bob/errors')
  })
  after(() => community[Symbol.asyncDispose]())

  it('stock mosquitto_pub is read by stock mosquitto_sub, with the lines of the first-run card', async () => {
    const { node, server } = community
    const target = { url: node.ready.addresses.mqtt, user: node.firstRun.user, password: node.firstRun.token }
    await using listening = await mosquittoSub(target, `s/${server}/general/lines`)
    await mosquittoPub(target, `s/${server}/general/say`, 'hello, hearth')
    assert.match(await listening.line(), /^hello@\S+: hello, hearth$/)
  })

  it('MSG-5: an event carries id, author, position and the sender’s own id, over MQTT 5 and 3.1.1', async () => {
    await alice.subscribe(`c/${general}/events`)
    await bob.subscribe(`s/${community.server}/general/events`)
    const ack = await alice.publish(`c/${general}/send`, JSON.stringify({ body: 'first', id: 'a-1' }))
    assert.equal(ack.code, 0)
    for (const reader of [alice, bob]) {
      const { text, packet } = await reader.waitFor((message) => message.text.includes('"a-1"'))
      const event = JSON.parse(text)
      assert.equal(event.body, 'first')
      assert.equal(event.author.name, 'alice')
      assert.equal(event.clientId, 'a-1')
      assert.ok(event.position > 0)
      if (reader === alice) {
        assert.deepEqual(Object.keys({ ...packet.properties?.userProperties }), ['id', 'author'])
        assert.equal(Reflect.get({ ...packet.properties?.userProperties }, 'id'), event.id)
      }
    }
  })

  it('MSG-3: the same client message id is the same message, across a reconnect and a kill -9', async () => {
    const send = (client: TestClient) =>
      client.publish(`c/${general}/send`, JSON.stringify({ body: 'once', id: 'once-1' }))
    await send(alice)
    await send(alice)
    await alice.drop()
    alice = await community.enter('alice')
    await send(alice)
    await community.node.kill9()
    await community.node.restart()
    alice = await community.enter('alice')
    bob = await community.enter('bob', { version: 4 })
    await bob.subscribe('u/bob/errors')
    await send(alice)
    await alice.subscribe('u/alice/reply')
    const { events } = await callNode(alice, 'alice', history, { channel: general })
    assert.equal(events.filter(({ clientId }) => clientId === 'once-1').length, 1)
  })

  it('history pages before, after and around; catchup follows the arrival position', async () => {
    for (let i = 0; i < 20; i++) await alice.publish(`c/${general}/say`, `page ${i}`)
    const { events } = await callNode(alice, 'alice', history, { channel: general, limit: 10 })
    assert.deepEqual(
      events.map(({ body }) => body),
      Array.from({ length: 10 }, (_, i) => `page ${i + 10}`),
    )
    const [first] = events
    assert.ok(first)
    const older = await callNode(alice, 'alice', history, { channel: general, limit: 5, before: first.id })
    assert.equal(older.events.at(-1)?.body, 'page 9')
    const newer = await callNode(alice, 'alice', history, { channel: general, limit: 5, after: first.id })
    assert.equal(newer.events[0]?.body, 'page 11')
    const around = await callNode(alice, 'alice', history, { channel: general, limit: 5, around: first.id })
    assert.ok(around.events.some(({ id }) => id === first.id))
    const caught = await callNode(alice, 'alice', catchup, { from: first.position, limit: 200 })
    assert.deepEqual(
      caught.events.map(({ body }) => body),
      events.slice(1).map(({ body }) => body),
    )
    assert.equal(caught.more, false)
  })

  it('CALL-2: a 3.1.1 client asks with an id and is answered on u/{me}/reply', async () => {
    await bob.subscribe('u/bob/reply')
    await bob.publish('u/bob/call/history', JSON.stringify({ id: '7', channel: general, limit: 1 }))
    const reply = JSON.parse((await bob.waitFor(({ topic }) => topic === 'u/bob/reply')).text)
    assert.equal(reply.id, '7')
    assert.equal(reply.result.events[0].body, 'page 19')
  })

  it('who tells who is here', async () => {
    const { online } = await callNode(alice, 'alice', who, { channel: general })
    assert.deepEqual(
      online.map(({ address }) => address.split('@')[0]),
      ['alice', 'bob'],
    )
  })

  it('one author’s messages keep their order, whatever their size', async () => {
    await bob.subscribe(`c/${general}/events`)
    const texts = Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat(i % 2 === 0 ? 1_900 : 1)}`)
    await Promise.all(texts.map((text) => alice.publish(`c/${general}/say`, text)))
    await bob.waitFor(({ text }) => text.includes('"body":"49 '))
    const seen = bob.received
      .filter(({ topic }) => topic === `c/${general}/events`)
      .map(({ text }) => JSON.parse(text).body)
      .filter((body: string) => /^\d+ x/.test(body))
    assert.deepEqual(seen, texts)
  })

  const refusals: readonly (readonly [string, string, string | Uint8Array, RegExp])[] = [
    ['a text over 2,000 characters', 'say', 'x'.repeat(2_001), /^TEXT_TOO_LONG/],
    ['an empty text', 'say', ' \n', /^TEXT_EMPTY/],
    ['invalid UTF-8', 'say', Uint8Array.of(0xff, 0xfe), /^NOT_UTF8/],
    ['JSON that is none', 'send', '{"body":', /^JSON_INVALID/],
    ['threat 35: deep JSON', 'send', `{"body":${'['.repeat(40)}${']'.repeat(40)}}`, /^JSON_TOO_DEEP/],
    ['threat 35: a key __proto__', 'send', '{"body":"x","__proto__":{"a":1}}', /^JSON_INVALID/],
    ['threat 35: half a surrogate pair', 'send', '{"body":"\\ud800"}', /^NOT_UTF8/],
    ['threat 35: a number past all bounds', 'send', '{"body":"x","thread":1e999}', /^JSON_INVALID/],
    ['an unknown field', 'send', '{"body":"x","colour":"red"}', /^UNKNOWN_FIELD.*colour/],
    ['a body that is no text', 'send', '{"body":7}', /^BAD_REQUEST.*body/],
  ]
  for (const [what, kind, payload, name] of refusals) {
    it(`ERR-2: ${what} is refused by name, the connection stays`, async () => {
      const ack = await alice.publish(`c/${general}/${kind}`, payload)
      assert.ok(ack.code >= 0x80)
      assert.match(ack.reason ?? '', name)
      await bob.publish(`c/${general}/${kind}`, payload)
      const { text } = await bob.waitFor(
        ({ topic, text: error }) => topic === 'u/bob/errors' && name.test(errorOf(error)),
      )
      assert.match(errorOf(text), name)
      assert.equal((await alice.publish(`c/${general}/say`, 'still here')).code, 0)
    })
  }

  it('threat 3: retained messages are refused, except one’s own presence', async () => {
    const ack = await alice.publish(`c/${general}/say`, 'keep me', { retain: true })
    assert.match(ack.reason ?? '', /^RETAIN_REFUSED/)
    assert.equal((await alice.publish('u/alice/presence', '{"status":"idle"}', { retain: true })).code, 0)
    assert.match((await alice.publish('u/bob/presence', '{"status":"idle"}')).reason ?? '', /^NOT_ALLOWED/)
  })

  it('TOPIC-4: what is no command topic takes no messages', async () => {
    for (const topic of [`c/${general}/events`, 'somewhere', 'u/alice/inbox', '$SYS/x']) {
      assert.match((await alice.publish(topic, 'x')).reason ?? '', /^TOPIC_INVALID/, topic)
    }
  })

  it('typing is seen and not stored', async () => {
    const position = (await callNode(alice, 'alice', catchup, {})).to
    await alice.subscribe(`c/${general}/typing`)
    await bob.publish(`c/${general}/typing`, '')
    const { text } = await alice.waitFor(({ topic }) => topic.endsWith('/typing'))
    assert.equal(JSON.parse(text).name, 'bob')
    assert.equal((await callNode(alice, 'alice', catchup, {})).to, position)
  })
})

const errorOf = (text: string): string => {
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string }
    return `${code}: ${message}`
  } catch {
    return ''
  }
}
