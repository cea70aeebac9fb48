import assert from 'node:assert/strict'
import { catchup } from '../../../spec/calls/catchup.ts'
import { channelCreate } from '../../../spec/calls/channel.create.ts'
import { emojiList } from '../../../spec/calls/emoji.list.ts'
import { emojiRemove } from '../../../spec/calls/emoji.remove.ts'
import { emojiSet } from '../../../spec/calls/emoji.set.ts'
import { emojiShow } from '../../../spec/calls/emoji.show.ts'
import { history } from '../../../spec/calls/history.ts'
import { messageDelete } from '../../../spec/calls/message.delete.ts'
import { messageEdit } from '../../../spec/calls/message.edit.ts'
import { messageForward } from '../../../spec/calls/message.forward.ts'
import { messageHistory } from '../../../spec/calls/message.history.ts'
import { messagePin } from '../../../spec/calls/message.pin.ts'
import { messageReact } from '../../../spec/calls/message.react.ts'
import { messageUnpin } from '../../../spec/calls/message.unpin.ts'
import { messageUnreact } from '../../../spec/calls/message.unreact.ts'
import { pinList } from '../../../spec/calls/pin.list.ts'
import { threadFollow } from '../../../spec/calls/thread.follow.ts'
import { threadList } from '../../../spec/calls/thread.list.ts'
import { threadShow } from '../../../spec/calls/thread.show.ts'
import { threadUnfollow } from '../../../spec/calls/thread.unfollow.ts'
import type { ChannelId, EventId } from '../../../spec/ids.ts'
import { eventJson, type EventJson } from '../../../spec/message.ts'
import { z } from 'zod'
import { callNode } from '../../support/calls.ts'
import { connectClient, type TestClient } from '../../support/mqtt-client.ts'
import { channelId, openCommunity, password, type Community } from '../talking/community.ts'

/** Alice and the owner speak MQTT 5, Bob reads over MQTT 3.1.1. */
describe('messages over plain MQTT', () => {
  let community: Community
  let owner: TestClient
  let alice: TestClient
  let bob: TestClient
  let reader: TestClient
  let general: ChannelId
  let count = 0

  before(async () => {
    community = await openCommunity()
    const { node } = community
    owner = await connectClient({
      url: node.ready.addresses.mqtt,
      user: 'owner',
      password: `${node.firstRun.adminInvite}:${password}`,
      clientId: 'desk',
    })
    alice = await community.join('alice')
    bob = await community.join('bob')
    reader = await community.enter('bob', { version: 4, clientId: 'bob-old' })
    general = (await channelId(alice, 'alice', 'general', community.server)) as ChannelId
    await owner.subscribe(['u/owner/reply', 'u/owner/inbox'])
    await alice.subscribe(['u/alice/inbox', `c/${general}/events`])
    await bob.subscribe(['u/bob/reply', 'u/bob/inbox'])
    await reader.subscribe([`s/${community.server}/general/events`, `c/${general}/lines`])
  })
  after(() => community[Symbol.asyncDispose]())

  const jsonOf = (text: string): EventJson => eventJson.parse(JSON.parse(text))
  const isEvent = (topic: string): boolean => topic.endsWith('/events')

  /** Says a text and gives its event. */
  const say = async (client: TestClient, body: string, more: object = {}): Promise<EventJson> => {
    const id = `m-${count++}`
    const { code, reason } = await client.publish(`c/${general}/send`, JSON.stringify({ body, id, ...more }))
    assert.equal(code, 0, reason)
    return jsonOf((await alice.waitFor(({ topic, text }) => isEvent(topic) && text.includes(`"${id}"`))).text)
  }
  /** The event of this id, as the MQTT 3.1.1 reader got it. */
  const heard = async (id: EventId | undefined): Promise<EventJson> =>
    jsonOf((await reader.waitFor(({ topic, text }) => isEvent(topic) && text.startsWith(`{"id":"${id}"`))).text)
  const shown = async (id: EventId, client = alice, user = 'alice'): Promise<EventJson> => {
    const { events } = await callNode(client, user, history, { channel: general, around: id, limit: 1 })
    return events[0] ?? assert.fail('no such message')
  }
  const refused = (promise: Promise<unknown>, code: string, text = /./): Promise<void> =>
    assert.rejects(promise, (error: Error) => Reflect.get(error, 'code') === code && text.test(error.message))

  it('MSGS-9: an edit is told live, shows in history, and what was said before can be read', async () => {
    const { id } = await say(alice, 'helo')
    const { id: edit } = await callNode(alice, 'alice', messageEdit, { channel: general, target: id, body: 'hello' })
    const live = await heard(edit)
    assert.deepEqual([live.type, live.target, live.body], ['edit', id, 'hello'])
    const message = await shown(id)
    assert.deepEqual([message.body, message.edited, message.asOf], ['hello', live.time, live.position])
    const { versions } = await callNode(bob, 'bob', messageHistory, { channel: general, target: id })
    assert.deepEqual(
      versions.map(({ id: version, body }) => [version, body]),
      [
        [id, 'helo'],
        [edit, 'hello'],
      ],
    )
    const again = await callNode(alice, 'alice', messageEdit, { channel: general, target: id, body: 'hello' })
    assert.deepEqual(again, {})
    await refused(callNode(bob, 'bob', messageEdit, { channel: general, target: id, body: 'x' }), 'NOT_ALLOWED')
    await refused(callNode(owner, 'owner', messageEdit, { channel: general, target: id, body: 'x' }), 'NOT_ALLOWED')
    await refused(callNode(alice, 'alice', messageEdit, { channel: general, target: id, body: ' ' }), 'TEXT_EMPTY')
  })

  it('MSGS-10: a delete takes the body and its edits away for everybody, a tombstone stays', async () => {
    const { id } = await say(alice, 'my secret word')
    await callNode(alice, 'alice', messageEdit, { channel: general, target: id, body: 'my secret words' })
    await callNode(bob, 'bob', messageReact, { channel: general, target: id, emoji: '👍' })
    await refused(
      callNode(bob, 'bob', messageDelete, { channel: general, target: id }),
      'NOT_ALLOWED',
      /manageMessages/,
    )
    const { id: gone } = await callNode(alice, 'alice', messageDelete, { channel: general, target: id })
    assert.deepEqual((({ type, target }) => [type, target])(await heard(gone)), ['delete', id])
    const message = await shown(id)
    assert.deepEqual([message.deleted, message.body, message.reactions], [true, undefined, undefined])
    await refused(callNode(alice, 'alice', messageHistory, { channel: general, target: id }), 'NOT_FOUND')
    await refused(callNode(alice, 'alice', messageEdit, { channel: general, target: id, body: 'x' }), 'NOT_FOUND')
    for (let from = 0, more = true; more;) {
      const page = await callNode(bob, 'bob', catchup, { channels: [general], from, limit: 200 })
      assert.ok(!JSON.stringify(page.events).includes('my secret'))
      ;({ to: from, more } = page)
    }
    const moderated = await say(bob, 'spam')
    await callNode(owner, 'owner', messageDelete, { channel: `${community.server}/general`, target: moderated.id })
    assert.equal((await shown(moderated.id)).deleted, true)
  })

  it('MSGS-12: one reaction for each person and emoji, with counts and one’s own mark', async () => {
    const { id } = await say(alice, 'vote')
    const react = (client: TestClient, user: string, emoji: string) =>
      callNode(client, user, messageReact, { channel: general, target: id, emoji })
    const { id: first } = await react(bob, 'bob', '👍')
    const live = await heard(first)
    assert.deepEqual([live.type, live.target, live.emoji, live.author.name], ['react', id, '👍', 'bob'])
    assert.deepEqual(await react(bob, 'bob', '👍'), {})
    await react(alice, 'alice', '👍')
    await react(alice, 'alice', '❤')
    assert.deepEqual((await shown(id)).reactions, [
      { emoji: '👍', count: 2, me: true },
      { emoji: '❤️', count: 1, me: true },
    ])
    assert.deepEqual((await shown(id, bob, 'bob')).reactions, [
      { emoji: '👍', count: 2, me: true },
      { emoji: '❤️', count: 1 },
    ])
    await callNode(bob, 'bob', messageUnreact, { channel: general, target: id, emoji: '👍' })
    assert.deepEqual(await callNode(bob, 'bob', messageUnreact, { channel: general, target: id, emoji: '👍' }), {})
    assert.deepEqual((await shown(id)).reactions?.[0], { emoji: '👍', count: 1, me: true })
    await refused(react(bob, 'bob', 'ok'), 'BAD_REQUEST')
    await refused(react(bob, 'bob', ':missing:'), 'NOT_FOUND')
  })

  it('MSGS-13: a server has its own emoji, made by those with manageServer', async () => {
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(32 * 1024 - 8, 7)])
    const emoji = {
      server: community.server,
      name: 'hearth',
      type: 'image/png' as const,
      image: png.toString('base64'),
    }
    await refused(callNode(bob, 'bob', emojiSet, emoji), 'NOT_ALLOWED', /manageServer/)
    await refused(callNode(owner, 'owner', emojiSet, { ...emoji, type: 'image/gif' }), 'BAD_REQUEST')
    const long = Buffer.concat([png, Buffer.from('x')]).toString('base64')
    await refused(callNode(owner, 'owner', emojiSet, { ...emoji, image: long }), 'BAD_REQUEST')
    await callNode(owner, 'owner', emojiSet, emoji)
    const { emoji: listed } = await callNode(bob, 'bob', emojiList, { server: community.server })
    assert.deepEqual(listed, [{ name: 'hearth', type: 'image/png', bytes: png.length }])
    const { image } = await callNode(bob, 'bob', emojiShow, { server: community.server, name: 'hearth' })
    assert.equal(image, emoji.image)
    const { id } = await say(alice, 'warm')
    await callNode(bob, 'bob', messageReact, { channel: general, target: id, emoji: ':hearth:' })
    await callNode(owner, 'owner', emojiRemove, { server: community.server, name: 'hearth' })
    assert.deepEqual((await shown(id)).reactions, [{ emoji: ':hearth:', count: 1 }])
    await refused(callNode(bob, 'bob', emojiShow, { server: community.server, name: 'hearth' }), 'NOT_FOUND')
  })

  it('MSGS-14: pins are for those with manageMessages', async () => {
    const { id } = await say(alice, 'the rules')
    await refused(callNode(bob, 'bob', messagePin, { channel: general, target: id }), 'NOT_ALLOWED', /manageMessages/)
    const { id: pin } = await callNode(owner, 'owner', messagePin, { channel: general, target: id })
    assert.equal((await heard(pin)).type, 'pin')
    assert.equal((await shown(id)).pinned, true)
    const { events } = await callNode(bob, 'bob', pinList, { channel: general })
    assert.deepEqual(
      events.map(({ body }) => body),
      ['the rules'],
    )
    await callNode(owner, 'owner', messageUnpin, { channel: general, target: id })
    assert.deepEqual((await callNode(bob, 'bob', pinList, { channel: general })).events, [])
  })

  it('MSGS-11: a thread counts its answers, is listed and read, and its followers are told', async () => {
    const root = await say(alice, 'lunch?')
    await callNode(alice, 'alice', threadFollow, { channel: general, thread: root.id })
    const answer = await say(bob, 'pizza', { thread: root.id })
    await say(bob, 'or soup', { thread: root.id, replyTo: answer.id })
    const told = await alice.waitFor(({ topic, text }) => topic === 'u/alice/inbox' && text.includes('"or soup"'))
    assert.equal(z.object({ type: z.string() }).parse(JSON.parse(told.text)).type, 'thread')
    const page = await callNode(alice, 'alice', threadShow, { channel: general, thread: root.id, limit: 1 })
    assert.deepEqual([page.events[0]?.body, page.root?.replies?.count, page.following], ['or soup', 2, true])
    const before = await callNode(alice, 'alice', threadShow, {
      channel: general,
      thread: root.id,
      ...(page.next !== undefined && { before: page.next }),
    })
    assert.deepEqual([before.events.map(({ body }) => body), before.next], [['pizza'], undefined])
    const { threads } = await callNode(bob, 'bob', threadList, { channel: general })
    assert.deepEqual([threads[0]?.root.id, threads[0]?.following], [root.id, true])
    await callNode(alice, 'alice', threadUnfollow, { channel: general, thread: root.id })
    await callNode(bob, 'bob', messageDelete, { channel: general, target: answer.id })
    assert.equal((await shown(root.id)).replies?.count, 1)
    await refused(
      callNode(bob, 'bob', threadFollow, { channel: general, thread: general as string as EventId }),
      'NOT_FOUND',
    )
  })

  it('MSGS-3 to MSGS-5: mentions reach the inbox; @everyone only by permission, nothing in code', async () => {
    const plain = await say(bob, '`@alice` and @everyone, mail alice@example.org')
    assert.equal(plain.mentions, undefined)
    const direct = await say(bob, 'hi @Alice, and @owner.')
    assert.deepEqual(direct.mentions?.map((one) => ('name' in one ? one.name : one)).toSorted(), ['alice', 'owner'])
    const role = await say(bob, 'calling @10-admin')
    assert.deepEqual(role.mentions, [{ role: '10-admin' }])
    const everyone = await say(owner, '@everyone dinner')
    assert.deepEqual(everyone.mentions, [{ all: 'everyone' }])
    const inbox = async (client: TestClient, user: string, id: EventId): Promise<string> => {
      const { text } = await client.waitFor(({ topic, text: said }) => topic === `u/${user}/inbox` && said.includes(id))
      return z.object({ type: z.string() }).parse(JSON.parse(text)).type
    }
    assert.equal(await inbox(alice, 'alice', direct.id), 'mention')
    assert.equal(await inbox(bob, 'bob', everyone.id), 'mention')
    assert.ok(alice.received.every(({ topic, text }) => topic !== 'u/alice/inbox' || !text.includes(plain.id)))
  })

  it('MSGS-15: what is forwarded says where it is from, to those who may read there', async () => {
    const { channel: secret } = await callNode(owner, 'owner', channelCreate, {
      server: community.server,
      handle: 'council',
      private: true,
    })
    const { id } = await say(alice, 'quote @bob me')
    const { id: copy } = await callNode(bob, 'bob', messageForward, { channel: general, target: id, to: general })
    const event = await heard(copy)
    assert.deepEqual(
      [event.body, event.forwarded?.event, event.forwarded?.channel, event.mentions],
      ['quote @bob me', id, general, undefined],
    )
    assert.match(event.forwarded?.author ?? '', /^alice@/)
    await refused(callNode(bob, 'bob', messageForward, { channel: secret.id, target: id, to: general }), 'NOT_FOUND')
    await refused(callNode(bob, 'bob', messageForward, { channel: general, target: id, to: secret.id }), 'NOT_FOUND')
  })

  it('MSGS-2: lines are plain text', async () => {
    await say(alice, '**bold** [link](https://a.example) `co*de*`')
    await reader.waitFor(({ text }) => /^alice@\S+: bold link \(https:\/\/a\.example\) co\*de\*$/.test(text))
  })

  it('MSGS-17: a page of history is of messages, however much was said about them', async () => {
    const { id } = await say(alice, 'popular')
    for (let i = 0; i < 40; i++) {
      const emoji = String.fromCodePoint(0x1f600 + (i % 18))
      await callNode(bob, 'bob', i % 36 < 18 ? messageReact : messageUnreact, { channel: general, target: id, emoji })
    }
    await say(alice, 'last')
    const { events, next } = await callNode(bob, 'bob', history, { channel: general, limit: 2 })
    assert.deepEqual(
      events.map(({ body }) => body),
      ['popular', 'last'],
    )
    assert.equal(events[0]?.reactions?.length, 4)
    assert.ok(next !== undefined)
    const { events: older } = await callNode(bob, 'bob', history, { channel: general, limit: 2, before: next })
    assert.equal(older.length, 2)
    assert.ok(older.every(({ type, id: one }) => type === 'msg' && one < (events[0]?.id ?? '')))
  })

  it('MSGS-7: after kill -9 everything is as it was, and what was deleted is gone', async () => {
    const kept = await say(alice, 'kept')
    await callNode(bob, 'bob', messageReact, { channel: general, target: kept.id, emoji: '🔥' })
    const doomed = await say(alice, 'doomed words')
    await callNode(alice, 'alice', messageDelete, { channel: general, target: doomed.id })
    const before = await shown(kept.id)
    await community.node.kill9()
    await community.node.restart()
    alice = await community.enter('alice')
    await alice.subscribe('u/alice/reply')
    assert.deepEqual(await shown(kept.id), before)
    assert.equal((await shown(doomed.id)).deleted, true)
  })
})
