import assert from 'node:assert/strict'
import { catchup } from '../../../spec/calls/catchup.ts'
import { dmAdd } from '../../../spec/calls/dm.add.ts'
import { dmCreate } from '../../../spec/calls/dm.create.ts'
import { dmLeave } from '../../../spec/calls/dm.leave.ts'
import { dmList } from '../../../spec/calls/dm.list.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { dmRemove } from '../../../spec/calls/dm.remove.ts'
import { dmRename } from '../../../spec/calls/dm.rename.ts'
import { friendDecline } from '../../../spec/calls/friend.decline.ts'
import { friendList } from '../../../spec/calls/friend.list.ts'
import { friendRemove } from '../../../spec/calls/friend.remove.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { history } from '../../../spec/calls/history.ts'
import { privacySet } from '../../../spec/calls/privacy.set.ts'
import { tokenCreate } from '../../../spec/calls/token.create.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { openCommunity, type Community } from '../talking/community.ts'
import { again, befriend, listening, openDm, someone, type Someone } from './people.ts'

describe('friends and direct messages over plain MQTT', () => {
  let community: Community
  let alice: Someone
  let bob: Someone
  let carol: Someone
  before(async () => {
    community = await openCommunity()
    alice = await someone(community, 'alice')
    bob = await someone(community, 'bob', 4)
    carol = await someone(community, 'carol')
  })
  after(() => community[Symbol.asyncDispose]())

  const standings = async (who: Someone): Promise<Record<string, string>> => {
    const { friends } = await who.call(friendList, {})
    return Object.fromEntries(friends.map(({ name, standing }) => [name, standing]))
  }

  it('FRIEND-3: a request waits at the recipient, once; declined, nobody is told', async () => {
    assert.deepEqual(await alice.call(friendRequest, { address: 'carol' }), { standing: 'outgoing' })
    await alice.call(friendRequest, { address: 'carol' })
    const { from } = await carol.inbox('friend.request')
    assert.equal((from as { name: string }).name, 'alice')
    assert.deepEqual(await standings(carol), { alice: 'incoming' })
    const requests = (await carol.flushed()).filter(({ text }) => text.includes('"friend.request"'))
    assert.equal(requests.length, 1)
    await carol.call(friendDecline, { address: 'alice' })
    assert.deepEqual(await standings(carol), {})
    assert.deepEqual(await standings(alice), { carol: 'outgoing' })
    await alice.call(friendRemove, { address: 'carol' })
    assert.deepEqual(await standings(alice), {})
  })

  it('FRIEND-6: strangers get NOT_FRIEND, also on one’s own side', async () => {
    await assert.rejects(alice.call(dmOpen, { address: 'bob' }), { code: 'NOT_FRIEND' })
    await assert.rejects(bob.call(dmOpen, { address: 'alice' }), { code: 'NOT_FRIEND' })
    await assert.rejects(bob.call(dmCreate, { members: ['alice'] }), { code: 'NOT_FRIEND' })
  })

  it('FRIEND-4: accepted, they are friends on both sides, and who asked is told', async () => {
    await befriend(alice, bob)
    assert.equal(((await alice.inbox('friend.accepted'))['from'] as { name: string }).name, 'bob')
    assert.deepEqual(await standings(alice), { bob: 'friend' })
    assert.deepEqual(await standings(bob), { alice: 'friend' })
  })

  it('FRIEND-12: a DM is one channel for both, and works like any channel', async () => {
    const dm = await openDm(alice, bob)
    const opened = await bob.inbox('dm.opened')
    assert.equal((opened['conversation'] as { channel: string }).channel, dm)
    assert.equal(await openDm(bob, alice), dm)
    assert.deepEqual(await bob.client.subscribe([`c/${dm}/events`, `c/${dm}/lines`, `c/${dm}/typing`]), [1, 1, 1])
    await alice.client.subscribe(`c/${dm}/events`)

    await alice.client.publish(`c/${dm}/typing`, '')
    await bob.client.waitFor(({ topic, text }) => topic === `c/${dm}/typing` && text.includes('"alice"'))
    const ack = await alice.client.publish(`c/${dm}/send`, JSON.stringify({ body: 'hello bob', id: 'dm-1' }))
    assert.equal(ack.code, 0)
    const { text } = await bob.client.waitFor(({ text }) => text.includes('"dm-1"'))
    const event = JSON.parse(text)
    assert.equal(event.body, 'hello bob')
    assert.equal(event.author.name, 'alice')
    assert.equal(event.server, undefined)
    await bob.client.waitFor(({ topic, text }) => topic === `c/${dm}/lines` && /^alice@\S+: hello bob$/.test(text))

    await bob.client.publish(`c/${dm}/say`, 'hello alice')
    await alice.client.waitFor(({ text }) => text.includes('"hello alice"'))
    const { events } = await bob.call(history, { channel: dm })
    assert.deepEqual(
      events.map(({ body }) => body),
      ['hello bob', 'hello alice'],
    )
    const caught = await alice.call(catchup, { from: events[0]!.position })
    assert.deepEqual(
      caught.events.map(({ body }) => body),
      ['hello alice'],
    )
    const { conversations } = await alice.call(dmList, {})
    assert.deepEqual(
      conversations.map(({ people }) => people.map(({ name }) => name).sort()),
      [['alice', 'bob']],
    )
  })

  it('FRIEND-12: for everybody else the DM does not exist', async () => {
    const dm = await openDm(alice, bob)
    assert.ok((await carol.client.subscribe(`c/${dm}/events`))[0]! >= 0x80)
    assert.match((await carol.client.publish(`c/${dm}/say`, 'hi')).reason ?? '', /^NOT_FOUND/)
    await assert.rejects(carol.call(history, { channel: dm }), { code: 'NOT_FOUND' })
    assert.deepEqual(await carol.call(dmList, {}), { conversations: [] })
  })

  it('FRIEND-10: a message request from somebody of a shared server, if allowed; answered, it goes on', async () => {
    await carol.call(privacySet, { dm: 'sharedServer' })
    const dm = await openDm(alice, carol)
    const { conversation } = (await carol.inbox('dm.opened')) as { conversation: { request: boolean } }
    assert.equal(conversation.request, true)
    assert.equal((await alice.client.publish(`c/${dm}/say`, 'may I?')).code, 0)
    assert.equal((await carol.client.publish(`c/${dm}/say`, 'you may')).code, 0)
    assert.equal((await carol.call(dmOpen, { address: 'alice' })).request, false)
    await carol.call(privacySet, { dm: 'nobody' })
    assert.match((await alice.client.publish(`c/${dm}/say`, 'still?')).reason ?? '', /^NOT_FRIEND/)
    await carol.call(privacySet, { dm: 'friends', add: 'nobody' })
    await assert.rejects(alice.call(friendRequest, { address: 'carol' }), { code: 'NOT_FOUND' })
    await assert.rejects(alice.call(friendRequest, { address: 'nobody-at-all' }), { code: 'NOT_FOUND' })
    await carol.call(privacySet, { add: 'sharedServer' })
    await befriend(bob, carol)
  })

  it('FRIEND-16 to FRIEND-20: a group of friends: all its history, added, renamed, left, handed on', async () => {
    const { channel: group } = await bob.call(dmCreate, { members: ['alice'], name: 'Trio' })
    await alice.inbox('dm.opened')
    await bob.client.publish(`c/${group}/say`, 'before carol')
    await assert.rejects(alice.call(dmAdd, { channel: group, address: 'carol' }), { code: 'NOT_FRIEND' })
    await bob.call(dmAdd, { channel: group, address: 'carol' })
    await alice.inbox('dm.changed')
    await untilListed(carol, group)
    await carol.client.publish(`c/${group}/say`, 'hello')
    assert.deepEqual(
      (await carol.call(history, { channel: group })).events.map(
        ({ body, author }) => `${author.name}: ${String(body)}`,
      ),
      ['bob: before carol', 'carol: hello'],
    )
    await alice.call(dmRename, { channel: group, name: 'Three' })
    await assert.rejects(alice.call(dmRename, { channel: group, name: 'a\u0007b' }), { code: 'BAD_REQUEST' })
    await assert.rejects(alice.call(dmRemove, { channel: group, address: 'carol' }), { code: 'NOT_ALLOWED' })
    assert.equal((await carol.call(dmList, {})).conversations.find(({ channel }) => channel === group)?.name, 'Three')

    await bob.call(dmLeave, { channel: group })
    assert.equal((await carol.call(dmList, {})).conversations[0]?.owner?.split('@')[0], 'alice')
    await assert.rejects(bob.call(history, { channel: group }), { code: 'NOT_FOUND' })
    await alice.client.subscribe(`c/${group}/events`)
    await carol.client.subscribe(`c/${group}/events`)
    await alice.call(dmRemove, { channel: group, address: 'carol' })
    await carol.inbox('dm.closed')
    assert.match((await carol.client.publish(`c/${group}/say`, 'again')).reason ?? '', /^NOT_FOUND/)
    await alice.client.publish(`c/${group}/say`, 'alone')
    await alice.client.waitFor(({ text }) => text.includes('"alone"'))
    assert.ok(!(await carol.flushed()).some(({ text }) => text.includes('"alone"')))
    assert.deepEqual(
      (await alice.call(history, { channel: group })).events.map(({ body }) => body),
      ['before carol', 'hello', 'alone'],
    )
  })

  it('FRIEND-25: an app token writes to friends and makes none', async () => {
    const dm = await openDm(alice, bob)
    const phone = async (name: string, scope: { send: boolean; read: boolean; channels?: ChannelId[] }) => {
      const { secret } = await alice.call(tokenCreate, { name, ...scope })
      return listening('alice', await community.enter('alice', { password: secret, clientId: name }))
    }
    const bot = await phone('bot', { send: true, read: true })
    assert.equal(await openDm(bot, bob), dm)
    assert.ok((await bot.call(dmList, {})).conversations.some(({ channel }) => channel === dm))
    await assert.rejects(bot.call(friendRequest, { address: 'carol' }), { code: 'NOT_ALLOWED' })
    const sensor = await phone('sensor', { send: true, read: true, channels: [dm] })
    assert.deepEqual(
      (await sensor.call(dmList, {})).conversations.map(({ channel }) => channel),
      [dm],
    )
    await assert.rejects(sensor.call(dmOpen, { address: 'bob' }), { code: 'NOT_ALLOWED' })
    assert.equal((await sensor.client.publish(`c/${dm}/say`, 'it is warm')).code, 0)
  })

  it('kill -9: friends, conversations and what was said are there again', async () => {
    const dm = await openDm(alice, bob)
    const before = await alice.call(history, { channel: dm })
    await community.node.kill9()
    await community.node.restart()
    alice = await again(community, 'alice')
    bob = await again(community, 'bob', 4)
    carol = await again(community, 'carol')
    assert.deepEqual(await alice.call(history, { channel: dm }), before)
    assert.deepEqual(await standings(bob), { alice: 'friend', carol: 'friend' })
    assert.equal((await bob.client.publish(`c/${dm}/say`, 'back')).code, 0)
    assert.equal((await bob.call(history, { channel: dm })).events.at(-1)?.body, 'back')
  })

  it('FRIEND-5: removed, neither writes any more, both read on', async () => {
    const dm = await openDm(alice, bob)
    await bob.call(friendRemove, { address: 'alice' })
    assert.deepEqual(await standings(alice), {})
    assert.match((await alice.client.publish(`c/${dm}/say`, 'hey')).reason ?? '', /^NOT_FRIEND/)
    await bob.client.publish(`c/${dm}/say`, 'hey')
    await bob.client.waitFor(({ topic, text }) => topic === 'u/bob/errors' && text.includes('NOT_FRIEND'))
    assert.equal((await alice.call(history, { channel: dm })).events.at(-1)?.body, 'back')
  })
})

const untilListed = async (who: Someone, channel: ChannelId): Promise<void> => {
  await who.client.waitFor(({ text }) => text.includes('"dm.opened"') && text.includes(channel))
  assert.ok((await who.call(dmList, {})).conversations.some((one) => one.channel === channel))
}
