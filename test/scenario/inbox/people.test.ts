import assert from 'node:assert/strict'
import { history } from '../../../spec/calls/history.ts'
import { presenceList } from '../../../spec/calls/presence.list.ts'
import { presenceSet } from '../../../spec/calls/presence.set.ts'
import { profileSet } from '../../../spec/calls/profile.set.ts'
import { profileShow } from '../../../spec/calls/profile.show.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { presenceJson, type PresenceJson } from '../../../spec/presence.ts'
import { callNode } from '../../support/calls.ts'
import type { TestClient } from '../../support/mqtt-client.ts'
import { channelId, openCommunity, type Community } from '../talking/community.ts'

describe('presence and profiles over plain MQTT', () => {
  let community: Community
  let alice: TestClient
  let bob: TestClient
  let general: ChannelId
  before(async () => {
    community = await openCommunity()
    alice = await community.join('alice')
    bob = await community.join('bob', { version: 4 })
    await alice.subscribe(['u/alice/reply', 'u/+/presence'])
    general = (await channelId(alice, 'alice', 'general', community.server)) as ChannelId
  })
  after(() => community[Symbol.asyncDispose]())

  const seen = async (is: (presence: PresenceJson) => boolean): Promise<PresenceJson> => {
    const read = (text: string): PresenceJson => presenceJson.parse(JSON.parse(text))
    const { text } = await alice.waitFor(({ topic, text: json }) => topic === 'u/bob/presence' && is(read(json)))
    return read(text)
  }

  it('PROF-8, PROF-11: a status and a text, published by a 3.1.1 client, are seen by people of the server', async () => {
    await seen(({ status }) => status === 'online')
    await bob.publish('u/bob/presence', '{"status":"dnd","text":"in a meeting"}')
    const { text } = await seen(({ status }) => status === 'dnd')
    assert.equal(text, 'in a meeting')
    const { present } = await callNode(alice, 'alice', presenceList, { server: community.server })
    assert.deepEqual(
      present.map(({ user, status }) => [user, status]),
      [
        ['alice', 'online'],
        ['bob', 'dnd'],
      ],
    )
  })

  it('PROF-10: a reconnect is told to nobody', async () => {
    const before = alice.received.filter(({ topic }) => topic === 'u/bob/presence').length
    await bob.drop()
    bob = await community.enter('bob', { version: 4 })
    await bob.publish(`c/${general}/say`, 'back')
    await callNode(alice, 'alice', presenceSet, { text: 'here' })
    await alice.waitFor(({ topic, text }) => topic === 'u/alice/presence' && text.includes('here'))
    assert.equal(alice.received.filter(({ topic }) => topic === 'u/bob/presence').length, before)
  })

  it('PROF-5, PROF-6: names are what the author of an event is called', async () => {
    await bob.subscribe('u/bob/reply')
    await bob.publish('u/bob/call/profile.set', JSON.stringify({ id: 'p', name: 'Robert', about: 'builds boats' }))
    await bob.waitFor(({ text }) => text.includes('"id":"p"'))
    await bob.publish(`c/${general}/say`, 'named')
    const { events } = await callNode(alice, 'alice', history, { channel: general })
    assert.equal(events.findLast(({ body }) => body === 'named')?.author.name, 'Robert')
    const shown = await callNode(alice, 'alice', profileShow, { who: 'bob' })
    assert.deepEqual([shown.name, shown.about], ['Robert', 'builds boats'])
    const named = await callNode(alice, 'alice', profileSet, { server: community.server, nickname: 'Al' })
    assert.equal(named.name, 'Al')
  })

  it('PROF-8: status and name outlast a kill -9', async () => {
    await community.node.kill9()
    await community.node.restart()
    alice = await community.enter('alice')
    await alice.subscribe(['u/alice/reply', 'u/+/presence'])
    bob = await community.enter('bob', { version: 4 })
    const { text } = await seen(({ status }) => status === 'dnd')
    assert.equal(text, 'in a meeting')
    assert.equal((await callNode(alice, 'alice', profileShow, { who: 'bob', server: community.server })).name, 'Robert')
  })

  for (const [what, call, input, name] of [
    ['a status that is none', 'presence.set', { status: 'busy' }, 'BAD_REQUEST'],
    ['a text with controls', 'presence.set', { text: 'a\u0007b' }, 'BAD_REQUEST'],
    ['a text of 129 characters', 'presence.set', { text: 'x'.repeat(129) }, 'BAD_REQUEST'],
    ['a name that turns text around', 'profile.set', { name: 'a\u202eb' }, 'BAD_REQUEST'],
    ['SVG as an avatar', 'profile.set', { avatar: Buffer.from('<svg/>').toString('base64') }, 'BAD_REQUEST'],
    ['a profile of nobody', 'profile.show', { who: 'mallory' }, 'NOT_FOUND'],
    ['an unknown field', 'profile.set', { colour: 'red' }, 'UNKNOWN_FIELD'],
  ] as const) {
    it(`threat 34: ${what} is refused by name`, async () => {
      const id = `${call} ${what}`
      await alice.publish(`u/alice/call/${call}`, JSON.stringify({ id, ...input }))
      const { text } = await alice.waitFor(({ text: reply }) => reply.includes(JSON.stringify(id)))
      assert.equal(JSON.parse(text).error?.code, name, text)
    })
  }

  it('threat 34: a presence that is no presence is refused over both versions', async () => {
    assert.match((await alice.publish('u/alice/presence', '{"status":"gone"}')).reason ?? '', /^BAD_REQUEST/)
    await bob.subscribe('u/bob/errors')
    await bob.publish('u/bob/presence', '[]')
    assert.match((await bob.waitFor(({ topic }) => topic === 'u/bob/errors')).text, /BAD_REQUEST/)
  })
})
