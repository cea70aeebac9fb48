import assert from 'node:assert/strict'
import { limits } from '../../../../spec/limits.ts'
import { shownCount, type InboxMessage } from '../../../../spec/inbox.ts'
import type { EventId } from '../../../../spec/ids.ts'
import { openItems } from '../../../../node/inbox/items.ts'
import { pendingRequests } from '../../../../node/inbox/requests.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { channelId } from '../log/fixture.ts'
import { openHouse, server, user, type House } from './fixture.ts'

const bob = user('bob')
const carol = user('carol')

interface Person {
  readonly name: string
  readonly address: string
}

const to = (house: House, who: string): InboxMessage[] =>
  house.sent.flatMap(({ user: name, message }) => (name === who ? [message] : []))
const kinds = (house: House, who: string): string[] => to(house, who).map(({ type }) => type)
const textsOf = async (house: House, who: string): Promise<unknown[]> => {
  const { items } = await house.inbox.list(user(who), { limit: 200 })
  return items.map(({ event }) => event?.body)
}

describe('the inbox', () => {
  it('INBOX-7: a mention by name, by role and of everyone has an entry for whoever is meant, and not for its author', async () => {
    const house = await openHouse()
    const [general] = house.channels
    assert.ok(general)
    await house.say('alice', general, 'name', [house.mention('bob')])
    await house.say('alice', general, 'role', ['20-crew' as never])
    await house.say('bob', general, 'all', ['everyone'])
    await house.inbox.settled()
    assert.deepEqual(await textsOf(house, 'alice'), ['all'])
    assert.deepEqual(await textsOf(house, 'bob'), ['name'])
    assert.deepEqual(await textsOf(house, 'carol'), ['role', 'all'])
    assert.deepEqual(kinds(house, 'carol'), ['mention', 'mention'])
  })

  it('INBOX-7: here is for those who are connected when it arrives, and counts as no mention later', async () => {
    const house = await openHouse()
    const [general] = house.channels
    assert.ok(general)
    house.connected.delete(carol)
    await house.say('alice', general, 'now', ['here'])
    await house.inbox.settled()
    assert.deepEqual(await textsOf(house, 'bob'), ['now'])
    assert.deepEqual(await textsOf(house, 'carol'), [])
    assert.equal((await house.inbox.rows(carol, [general]))[0]?.mentions, 0)
  })

  it('INBOX-8, INBOX-9: the narrowest setting decides, and a muted place mutes what is in it until its time', async () => {
    const house = await openHouse()
    const [general, random] = house.channels
    assert.ok(general && random)
    await house.inbox.set(bob, { server }, { level: 'none', suppressEveryone: true })
    await house.inbox.set(bob, { channel: random }, { level: 'all', suppressEveryone: false })
    await house.say('alice', general, 'unheard', [house.mention('bob')])
    await house.say('alice', random, 'heard', [house.mention('bob')])
    await house.say('alice', random, 'all', ['everyone'])
    await house.say('alice', random, 'plain')
    await house.inbox.settled()
    assert.deepEqual(await textsOf(house, 'bob'), ['heard', 'all'])
    assert.deepEqual(kinds(house, 'bob').slice(2), ['mention', 'mention', 'notify'])

    await house.inbox.set(bob, { server }, { mutedUntil: house.clock.ms + 1_000 })
    await house.say('alice', random, 'muted', [house.mention('bob')])
    await house.inbox.settled()
    house.clock.ms += 1_001
    await house.say('alice', random, 'after', [house.mention('bob')])
    await house.inbox.settled()
    assert.deepEqual(await textsOf(house, 'bob'), ['heard', 'all', 'after'])
    const [row] = await house.inbox.rows(bob, [general])
    assert.equal(row?.mentions, 1, 'counts say what is, whatever notifies')
    assert.equal(row?.level, 'none')
  })

  it('INBOX-8: settings are kept, taken back with null, and told to the other devices', async () => {
    const house = await openHouse()
    const [general] = house.channels
    assert.ok(general)
    await house.inbox.set(bob, { channel: general }, { level: 'none', suppressEveryone: true })
    await house.inbox.set(bob, { channel: general }, { level: null })
    assert.deepEqual(to(house, 'bob').at(-1), { type: 'settings', channel: general, suppressEveryone: true })
    const again = await house.restart()
    assert.deepEqual([...(await again.inbox.settings(bob))], [[general, { suppressEveryone: true }]])
    await again.inbox.set(bob, { channel: general }, { suppressEveryone: null })
    assert.equal((await again.inbox.settings(bob)).size, 0)
  })

  it('INBOX-10: what arrived while the inbox was down is entered at the next start, and once', async () => {
    const house = await openHouse()
    const [general] = house.channels
    assert.ok(general)
    await house.say('alice', general, 'before', [house.mention('bob')])
    await house.inbox.settled()
    let again = await house.restart()
    for (let i = 0; i < 3; i++) again = await again.restart()
    assert.deepEqual(await textsOf(again, 'bob'), ['before'])
    const late = await openHouse({
      store: createMemoryStore(),
      log: again.log,
      keys: house.keys,
      members: house.members,
      channels: house.channels,
    })
    assert.deepEqual(await textsOf(late, 'bob'), ['before'])
  })

  it('INBOX-10: a text that is deleted is in no inbox, and counts no more', async () => {
    const house = await openHouse()
    const [general] = house.channels
    assert.ok(general)
    const { id } = await house.say('alice', general, 'secret', [house.mention('bob')])
    await house.inbox.settled()
    assert.equal((await house.inbox.rows(bob, [general]))[0]?.unread, 1)
    await house.log.redact(id, id)
    assert.deepEqual(await textsOf(house, 'bob'), [])
    assert.equal((await house.inbox.rows(bob, [general]))[0]?.unread, 0)
  })

  it('INBOX-3: what was said before somebody joined is history, whenever it arrives', async () => {
    const joined = '00000020-0000-7000-8000-000000000000' as EventId // ms 0x200000 = 2,097,152
    const house = await openHouse({ joined })
    const [general] = house.channels
    assert.ok(general)
    await house.say('alice', general, 'before', [house.mention('bob')])
    house.clock.ms = 3_000_000
    await house.say('alice', general, 'after', [house.mention('bob')])
    await house.inbox.settled()
    assert.deepEqual(await textsOf(house, 'bob'), ['after'])
    assert.deepEqual(
      (await house.inbox.rows(bob, [general])).map(({ unread, mentions }) => [unread, mentions]),
      [[1, 1]],
    )
  })

  it('INBOX-11: holds so many, the newest; a request replaces an earlier one with its key', async () => {
    const items = await openItems(createMemoryStore())
    const row = { kind: 'mention', time: 1 }
    for (let i = 0; i < 11; i++) await items.add(Array.from({ length: 100 }, () => ({ user: bob, row })))
    const kept = await items.list(bob)
    assert.equal(kept.length, limits.inboxItemsMax)
    assert.equal(kept.at(-1)?.id, 1_100)

    const house = await openHouse()
    const from = { address: 'dora@far.example', name: 'dora' }
    await house.inbox.add(bob, { kind: 'friend.request', from, key: 'friend/dora@far.example' })
    await house.inbox.add(bob, { kind: 'friend.request', from, key: 'friend/dora@far.example' })
    assert.equal((await house.inbox.list(bob, { limit: 9 })).items.length, 1)
    assert.deepEqual(to(house, 'bob').at(-1), { type: 'friend.request', id: 2, time: house.clock.ms, from })
    await house.inbox.withdraw(bob, 'friend/dora@far.example')
    assert.equal((await house.inbox.list(bob, { limit: 9 })).items.length, 0)
    assert.deepEqual(to(house, 'bob').at(-1), { type: 'dismissed', ids: [2] })
  })

  it('INBOX-10: what a kill -9 left undone of requests is done at the next look; what was dismissed stays so', async () => {
    const house = await openHouse()
    const people = ['dora', 'emil', 'finn', 'gina'].map((name) => ({ name, address: `${name}@far.example` }))
    const [dora, emil, finn, gina] = people as [Person, Person, Person, Person]
    const channel = channelId()
    const pending = pendingRequests(bob, {
      friends: [
        { ...dora, standing: 'friend' },
        { ...emil, standing: 'incoming' },
        { ...gina, standing: 'incoming' },
      ],
      conversations: [{ channel, request: true, people: [{ address: 'bob@home.example', name: 'bob' }, finn] }],
    })
    const before = await house.restart({ pending })
    for (const from of [dora, emil]) {
      await before.inbox.add(bob, { kind: 'friend.request', from, key: `friend/${from.address}` })
    }
    await before.inbox.add(bob, { kind: 'friend.accepted', from: finn, key: `friend/${finn.address}` })
    assert.equal(await before.inbox.dismiss(bob, (id) => id === 2), 1)
    assert.equal(await before.inbox.dismiss(bob, (id) => id === 2), 0)
    for (let look = 0; look < 2; look++) {
      const again = await before.restart({ pending })
      assert.deepEqual(
        (await again.inbox.list(bob, { limit: 9 })).items.map(({ id, kind, from }) => [id, kind, from?.name]),
        [
          [3, 'friend.accepted', 'finn'],
          [4, 'friend.request', 'gina'],
          [5, 'message.request', 'finn'],
        ],
      )
    }
  })

  it('INBOX-12: pages by id, and dismisses one or all up to one', async () => {
    const house = await openHouse()
    for (let i = 0; i < 5; i++) await house.inbox.add(bob, { kind: 'test' })
    const ids = async (page: { after?: number; before?: number; limit: number }) => {
      const { items, more } = await house.inbox.list(bob, page)
      return [items.map(({ id }) => id), more]
    }
    assert.deepEqual(await ids({ limit: 2 }), [[4, 5], true])
    assert.deepEqual(await ids({ after: 1, limit: 2 }), [[2, 3], true])
    assert.deepEqual(await ids({ before: 3, limit: 5 }), [[1, 2], false])
    assert.equal(await house.inbox.dismiss(bob, (id) => id === 4), 1)
    assert.equal(await house.inbox.dismiss(bob, (id) => id <= 2), 2)
    assert.deepEqual(await ids({ limit: 9 }), [[3, 5], false])
    assert.deepEqual((await house.inbox.list(carol, { limit: 9 })).items, [])
  })

  it('INBOX-6: counts are told once for many messages, and once more when they have changed', async () => {
    const house = await openHouse()
    const [general, random] = house.channels
    assert.ok(general && random)
    house.connected.delete(carol)
    for (let i = 0; i < 20; i++) await house.say('alice', i < 15 ? general : random)
    await house.later()
    assert.deepEqual(
      to(house, 'bob').map((message) => ('channels' in message ? message.channels.map(({ unread }) => unread) : 0)),
      [[15, 5]],
    )
    assert.deepEqual(kinds(house, 'carol'), [])
    await house.inbox.mark(bob, general, { unread: false })
    assert.deepEqual(kinds(house, 'bob'), ['unread', 'read'])
    house.clock.ms += 10_000
    await house.say('alice', general)
    await house.later()
    assert.equal(kinds(house, 'bob').at(-1), 'unread')
  })

  it('INBOX-4: more than is looked at is told as so many and more', async () => {
    const house = await openHouse({ windowMax: 10 })
    const [general] = house.channels
    assert.ok(general)
    for (let i = 0; i < 12; i++) await house.say('alice', general)
    const [row] = await house.inbox.rows(bob, [general])
    assert.deepEqual([row?.unread, row?.more, row && shownCount(row)], [10, true, '10+'])
    const read = await house.inbox.mark(bob, general, { position: 5, unread: false })
    assert.deepEqual([read.unread, read.more, shownCount(read)], [7, false, '7'])
    assert.equal(shownCount({ unread: 1_000, mentions: 0, more: true }), '999+')
  })

  it('INBOX-5: a call reads what is new, so many events of each channel, and the next one nothing', async () => {
    const channels = Array.from({ length: 300 }, channelId)
    const house = await openHouse({ channels })
    for (const channel of channels.slice(0, 200)) await house.say('alice', channel)
    const again = await house.restart()
    const reads: number[] = []
    const newest = again.log.newest.bind(again.log)
    again.log.newest = async (channel, after, limit) => {
      const found = await newest(channel, after, limit)
      reads.push(found.length)
      assert.ok(limit <= limits.unreadReadsMax / 300 + 1, `${limit} events of one channel`)
      return found
    }
    const rows = await again.inbox.rows(bob, channels)
    assert.equal(rows.filter(({ unread }) => unread === 1).length, 200)
    assert.equal(
      reads.reduce((sum, count) => sum + count, 0),
      200,
    )
    reads.length = 0
    await again.inbox.rows(carol, channels)
    assert.deepEqual(reads, [])
  })

  it('INBOX-2: a marker goes forward only, unless it is told to go back; two devices at once lose nothing', async () => {
    const house = await openHouse()
    const [general] = house.channels
    assert.ok(general)
    const said = []
    for (let i = 0; i < 6; i++) said.push(await house.say('alice', general))
    await Promise.all([6, 2, 4].map((position) => house.inbox.mark(bob, general, { position, unread: false })))
    assert.equal((await house.inbox.rows(bob, [general]))[0]?.unread, 0)
    const back = await house.inbox.mark(bob, general, { event: said[3]!.id, unread: true })
    assert.deepEqual([back.position, back.unread], [3, 3])
    assert.equal((await (await house.restart()).inbox.rows(bob, [general]))[0]?.unread, 3)
    await assert.rejects(
      house.inbox.mark(bob, house.channels[1]!, { event: said[0]!.id, unread: false }),
      /no such event/,
    )
  })

  it('threat 40: what a blocked person says neither counts nor notifies', async () => {
    const house = await openHouse()
    const [general] = house.channels
    assert.ok(general)
    house.blocked.add(house.members.get(user('alice'))!)
    await house.say('alice', general, 'hey', [house.mention('bob')])
    await house.inbox.settled()
    assert.deepEqual(await textsOf(house, 'bob'), [])
    assert.equal((await house.inbox.rows(bob, [general]))[0]?.unread, 0)
  })
})
