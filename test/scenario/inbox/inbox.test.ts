import assert from 'node:assert/strict'
import { inboxDismiss } from '../../../spec/calls/inbox.dismiss.ts'
import { inboxList } from '../../../spec/calls/inbox.list.ts'
import { notifySet } from '../../../spec/calls/notify.set.ts'
import { notifyShow } from '../../../spec/calls/notify.show.ts'
import { readMark } from '../../../spec/calls/read.mark.ts'
import { history } from '../../../spec/calls/history.ts'
import { threadFollow } from '../../../spec/calls/thread.follow.ts'
import { threadUnread } from '../../../spec/calls/thread.unread.ts'
import { unreadList } from '../../../spec/calls/unread.list.ts'
import { serverShow } from '../../../spec/calls/server.show.ts'
import type { ChannelId, ServerId } from '../../../spec/ids.ts'
import { inboxMessage, type InboxMessage } from '../../../spec/inbox.ts'
import { eventJson } from '../../../spec/message.ts'
import { callNode } from '../../support/calls.ts'
import type { TestClient } from '../../support/mqtt-client.ts'
import { channelId, openCommunity, type Community } from '../talking/community.ts'

type Of<T extends InboxMessage['type']> = Extract<InboxMessage, { type: T }>

describe('markers, counts, notifications and the inbox over plain MQTT', () => {
  let community: Community
  let alice: TestClient
  /** On a laptop with MQTT 5 and on a phone with 3.1.1. */
  let laptop: TestClient
  let phone: TestClient
  let general: ChannelId
  let server: ServerId

  const enter = async (): Promise<void> => {
    alice = await community.enter('alice')
    laptop = await community.enter('bob')
    phone = await community.enter('bob', { version: 4, clientId: 'bob-phone' })
    await alice.subscribe(['u/alice/reply', 'u/alice/inbox'])
    await laptop.subscribe(['u/bob/reply', 'u/bob/inbox'])
    await phone.subscribe('u/bob/inbox')
  }
  before(async () => {
    community = await openCommunity()
    await (await community.join('alice'))[Symbol.asyncDispose]()
    await (await community.join('bob'))[Symbol.asyncDispose]()
    await enter()
    general = (await channelId(alice, 'alice', 'general', community.server)) as ChannelId
    server = (await callNode(alice, 'alice', serverShow, { server: community.server })).server.id
  })
  after(() => community[Symbol.asyncDispose]())

  const say = async (text: string): Promise<void> => {
    assert.equal((await alice.publish(`c/${general}/say`, text)).code, 0)
  }
  const pushed = async <T extends InboxMessage['type']>(
    client: TestClient,
    type: T,
    is: (message: Of<T>) => boolean = () => true,
  ): Promise<Of<T>> => {
    const read = (text: string): InboxMessage => inboxMessage.parse(JSON.parse(text))
    const matches = (text: string): boolean => {
      const message = read(text)
      return message.type === type && is(message as Of<T>)
    }
    const { text } = await client.waitFor((message) => message.topic === 'u/bob/inbox' && matches(message.text))
    return read(text) as Of<T>
  }
  const bobs = async () => {
    const { channels } = await callNode(laptop, 'bob', unreadList, {})
    const { unread, mentions, position, level } = channels.find(({ channel }) => channel === general)!
    return { unread, mentions, position, level }
  }

  it('INBOX-3, INBOX-6: what others say is unread for me, not for them; connected devices are told the count', async () => {
    for (const text of ['one', 'two', 'three']) await say(text)
    for (const device of [laptop, phone]) {
      const { channels } = await pushed(device, 'unread', ({ channels: all }) => all.some(({ unread }) => unread === 3))
      assert.equal(channels[0]?.channel, general)
    }
    assert.deepEqual(await bobs(), { unread: 3, mentions: 0, position: 0, level: 'mentions' })
    const hers = await callNode(alice, 'alice', unreadList, { unreadOnly: true })
    assert.deepEqual(hers.channels, [])
  })

  it('INBOX-1, INBOX-2: read on one device is read on the other, by MQTT 3.1.1 and 5', async () => {
    await phone.subscribe('u/bob/reply')
    await phone.publish('u/bob/call/read.mark', JSON.stringify({ id: 'm1', channel: general }))
    const reply = JSON.parse((await phone.waitFor(({ text }) => text.includes('"m1"'))).text)
    assert.equal(reply.result.unread, 0)
    const read = await pushed(laptop, 'read')
    assert.deepEqual([read.channel, read.unread, read.position], [general, 0, reply.result.position])
    const back = await callNode(laptop, 'bob', readMark, {
      channel: general,
      position: read.position - 1,
      unread: true,
    })
    assert.equal(back.unread, 1)
    await pushed(phone, 'read', ({ position }) => position === read.position - 1)
    const late = await callNode(laptop, 'bob', readMark, { channel: general, position: 1 })
    assert.equal(late.position, read.position - 1, 'a device that is behind moves nothing back')
  })

  it('INBOX-7, INBOX-10, INBOX-13: a mention is told, kept, listed with its text, and dismissed on all devices', async () => {
    await say('hello @bob')
    const told = await pushed(phone, 'mention')
    assert.equal(told.event?.body, 'hello @bob')
    const { items } = await callNode(laptop, 'bob', inboxList, {})
    assert.deepEqual(
      items.map(({ id, kind, event }) => [id, kind, event?.body]),
      [[told.id, 'mention', 'hello @bob']],
    )
    assert.equal((await bobs()).mentions, 1)
    assert.equal((await callNode(laptop, 'bob', inboxDismiss, { ids: [told.id] })).dismissed, 1)
    assert.deepEqual((await pushed(phone, 'dismissed')).ids, [told.id])
    assert.deepEqual((await callNode(laptop, 'bob', inboxList, {})).items, [])
  })

  it('INBOX-8, INBOX-9: none keeps mentions out of the inbox, all tells of every message', async () => {
    await callNode(laptop, 'bob', notifySet, { channel: general, level: 'none' })
    await pushed(phone, 'settings', ({ level }) => level === 'none')
    await say('quiet @bob')
    await callNode(laptop, 'bob', notifySet, { channel: general, level: null })
    await callNode(laptop, 'bob', notifySet, { server, level: 'all' })
    await say('loud')
    assert.equal((await pushed(phone, 'notify')).event.body, 'loud')
    assert.deepEqual((await callNode(laptop, 'bob', inboxList, {})).items, [])
    const { settings } = await callNode(laptop, 'bob', notifyShow, {})
    assert.deepEqual(settings, [{ server, level: 'all' }])
    assert.equal((await bobs()).level, 'all')
  })

  it('INBOX-14, INBOX-15: a thread is unread, told and read for itself, on both devices, and over a kill -9', async () => {
    await callNode(laptop, 'bob', readMark, { channel: general })
    const { id: thread } = eventJson.parse(
      (await callNode(alice, 'alice', history, { channel: general, limit: 1 })).events[0],
    )
    await callNode(laptop, 'bob', threadFollow, { channel: general, thread })
    await pushed(phone, 'thread.followed', (told) => told.thread === thread)
    for (const body of ['first answer', 'second answer @bob']) {
      assert.equal((await alice.publish(`c/${general}/send`, JSON.stringify({ body, thread }))).code, 0)
    }
    assert.equal((await pushed(phone, 'thread')).event.body, 'first answer')
    await pushed(phone, 'mention', ({ event }) => event?.body === 'second answer @bob')
    const counted = await pushed(laptop, 'thread.unread', ({ threads }) => threads[0]?.unread === 2)
    assert.deepEqual(counted.threads, [{ channel: general, thread, unread: 2, mentions: 1, more: false }])
    assert.equal((await bobs()).unread, 0, 'and not in the channel')
    await community.node.kill9()
    await community.node.restart()
    await enter()
    const { threads } = await callNode(laptop, 'bob', threadUnread, {})
    assert.deepEqual(
      threads.map((one) => [one.thread, one.unread, one.mentions, one.level]),
      [[thread, 2, 1, 'all']],
    )
    await phone.subscribe('u/bob/reply')
    await phone.publish('u/bob/call/thread.mark', JSON.stringify({ id: 't1', channel: general, thread }))
    await phone.waitFor(({ text }) => text.includes('"t1"'))
    assert.equal((await pushed(laptop, 'thread.read', (told) => told.thread === thread)).unread, 0)
    assert.deepEqual((await callNode(laptop, 'bob', threadUnread, { unreadOnly: true })).threads, [])
    await callNode(laptop, 'bob', inboxDismiss, { upTo: 1_000 })
  })

  it('INBOX-1, INBOX-10: kill -9 loses no marker, count, setting or mention', async () => {
    await say('before the crash @bob')
    await callNode(laptop, 'bob', readMark, { channel: general, position: (await bobs()).position + 1 })
    const before = await bobs()
    await community.node.kill9()
    await community.node.restart()
    await enter()
    assert.deepEqual(await bobs(), before)
    const { items } = await callNode(laptop, 'bob', inboxList, {})
    assert.deepEqual(
      items.map(({ event }) => event?.body),
      ['before the crash @bob'],
    )
  })

  for (const [what, call, input, name] of [
    ['a channel that is not mine', 'read.mark', { channel: '01a2ffc1-0000-7000-8000-000000000000' }, 'NOT_FOUND'],
    ['an event of nowhere', 'read.mark', { event: '01a2ffc1-0000-7000-8000-000000000000' }, 'NOT_FOUND'],
    ['a position below zero', 'read.mark', { position: -1 }, 'BAD_REQUEST'],
    [
      'a position and an event',
      'read.mark',
      { position: 1, event: '01a2ffc1-0000-7000-8000-000000000000' },
      'BAD_REQUEST',
    ],
    ['back to nowhere', 'read.mark', { unread: true }, 'BAD_REQUEST'],
    ['a thread that I do not follow', 'thread.mark', { thread: '01a2ffc1-0000-7000-8000-000000000000' }, 'NOT_FOUND'],
    ['an unknown field', 'unread.list', { all: true }, 'UNKNOWN_FIELD'],
    ['a setting of no place', 'notify.set', { channel: undefined, level: 'all' }, 'BAD_REQUEST'],
    ['a level that is none', 'notify.set', { level: 'loud' }, 'BAD_REQUEST'],
    [
      'a server that is not mine',
      'notify.set',
      { channel: undefined, server: 'a'.repeat(52), level: 'all' },
      'NOT_FOUND',
    ],
    ['a page of ten thousand', 'inbox.list', { limit: 10_000 }, 'BAD_REQUEST'],
    ['a dismissal of nothing', 'inbox.dismiss', {}, 'BAD_REQUEST'],
  ] as const) {
    it(`threat 34: ${what} is refused by name`, async () => {
      const withChannel = /^(?:read.mark|notify|thread.mark)/.test(call) ? { channel: general, ...input } : input
      const id = `${call} ${what}`
      await laptop.publish(`u/bob/call/${call}`, JSON.stringify({ id, ...withChannel }))
      const { text } = await laptop.waitFor(({ text: reply }) => reply.includes(JSON.stringify(id)))
      assert.equal(JSON.parse(text).error?.code, name, text)
    })
  }

  it('threat 34: nobody reads another’s inbox, nor makes their calls', async () => {
    assert.ok((await alice.subscribe('u/bob/inbox'))[0]! >= 0x80)
    assert.match((await alice.publish('u/bob/call/inbox.list', '{}')).reason ?? '', /^NOT_ALLOWED/)
    assert.match((await alice.publish('u/bob/inbox', '{"type":"read"}')).reason ?? '', /^TOPIC_INVALID/)
  })
})
