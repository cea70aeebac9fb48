import assert from 'node:assert/strict'
import type { Entry, Log } from '../../../../node/log/log.ts'
import { encodeMessage } from '../../../../spec/message.ts'
import { writeAct } from '../../../../spec/governance/acts.ts'
import { settingsChannelOf } from '../../../../spec/governance/places.ts'
import { keys, readRegister } from '../../../../spec/governance/registers.ts'
import type { ChannelId, EventId } from '../../../../spec/ids.ts'
import { as, openHome, openRoom, user, type Home } from './fixture.ts'

const all = (log: Log, channel: ChannelId): Promise<Entry[]> =>
  log.page(channel, { after: '00000000-0000-7000-8000-000000000000' as EventId }, 1_000)

const textOf = (entries: readonly Entry[]): string =>
  entries.map(({ body, type }) => `${type} ${Buffer.from(body ?? []).toString('latin1')}`).join('\n')

/** A private channel with all that can be said about one. */
const openBack = async () => {
  const home = await openHome({ bob: undefined, carl: undefined })
  const { servers, server } = home
  const back = await servers.createChannel(as('owner'), server.id, {
    handle: 'backroom',
    name: 'Behind the stage',
    topic: 'surprise party',
    category: 'Cellar',
    private: true,
  })
  await servers.setChannelEntry(as('owner'), back.id, { member: 'bob' }, true)
  await servers.setChannelOverride(as('owner'), back.id, 'member', { allow: [], deny: ['send'] })
  return { home, back }
}

// GOV-31
describe('private channels', () => {
  it('tell the other nodes of a server that they are there, and nothing else', async () => {
    const { home, back } = await openBack()
    await using room: Home = home
    const public_ = await all(room.log, room.server.governance)
    assert.equal(public_.filter(({ id }) => id === (back.id as string)).length, 1)
    assert.doesNotMatch(textOf(public_), new RegExp(`backroom|Behind|surprise|Cellar|${back.id}`))
    const hidden = await all(room.log, settingsChannelOf(back.id))
    assert.match(textOf(hidden), /backroom[^]*surprise|surprise[^]*backroom/)
  })

  it('are not there for a node that holds the governance channel alone, and all there with the settings', async () => {
    const { home, back } = await openBack()
    await using room: Home = home
    await using other = await openRoom()
    other.servers.apply(await all(room.log, room.server.governance))
    assert.equal(other.servers.channel(back.id), undefined)
    assert.equal(other.servers.channels(room.server.id).length, 1)
    assert.deepEqual(other.servers.members(room.server.id).length, 3)
    other.servers.apply(await all(room.log, settingsChannelOf(back.id)))
    assert.deepEqual(other.servers.channel(back.id), room.servers.channel(back.id))
    assert.equal(other.servers.governedBy(settingsChannelOf(back.id))?.id, room.server.id)
  })

  it('may be told of before the server is known', async () => {
    const { home, back } = await openBack()
    await using room: Home = home
    await using other = await openRoom()
    for (const channel of [settingsChannelOf(back.id), room.server.governance]) {
      for (const entry of (await all(room.log, channel)).toReversed()) other.servers.apply([entry])
    }
    assert.deepEqual(other.servers.channel(back.id), room.servers.channel(back.id))
  })

  it('are there again after a restart, with their list', async () => {
    const { home, back } = await openBack()
    await using room: Home = home
    const again = await room.again()
    assert.deepEqual(again.channel(back.id), back)
    assert.equal(again.may(user('bob'), back.id, 'read'), true)
    assert.equal(again.may(user('bob'), back.id, 'send'), false)
    assert.equal(again.may(user('carl'), back.id, 'read'), false)
  })

  it('made public, are described to everybody; but who was on the list stays where it was', async () => {
    const { home, back } = await openBack()
    await using room: Home = home
    await room.servers.setChannelPrivate(as('owner'), back.id, false)
    await using other = await openRoom()
    const entries = await all(room.log, room.server.governance)
    other.servers.apply(entries)
    assert.deepEqual(other.servers.channel(back.id), { ...back, private: false })
    assert.doesNotMatch(textOf(entries), /entry/)
    assert.equal(other.servers.may(user('carl'), back.id, 'send'), false)
  })

  it('made so later, keep to themselves what is said from then on', async () => {
    await using room = await openHome({ bob: undefined })
    await room.servers.setChannelPrivate(as('owner'), room.general.id, true)
    await room.servers.setTopic(as('owner'), room.general.id, 'surprise party')
    assert.doesNotMatch(textOf(await all(room.log, room.server.governance)), /surprise/)
    assert.equal(room.servers.channel(room.general.id)?.topic, 'surprise party')
  })

  it('what else stands in a settings channel governs nothing', async () => {
    const { home, back } = await openBack()
    await using room: Home = home
    const [genesis] = await all(room.log, room.server.governance)
    const owner = room.servers.memberOf(user('owner'), room.server.id)!
    const channel = settingsChannelOf(back.id)
    const say = (key: string, value: string | boolean) => {
      const register = readRegister(key, value)
      assert.ok(register)
      const body = writeAct({ type: 'set', register })
      return room.log.append({ channel, member: owner.member, auth: genesis!.id, type: 'set', body })
    }
    await say(keys.serverName, 'taken over')
    await say(keys.channel(room.general.id, 'topic'), 'taken over')
    await say(keys.channel(back.id, 'private'), false)
    assert.equal(room.servers.server(room.server.id)?.name, 'Home')
    assert.equal(room.servers.channel(room.general.id)?.topic, '')
    assert.equal(room.servers.channel(back.id)?.private, true)
    const body = encodeMessage({ clientMessageId: undefined, text: 'hi', replyTo: undefined, thread: undefined })
    await room.log.append({ channel, member: owner.member, auth: genesis!.id, type: 'msg', body })
    assert.deepEqual(room.servers.channel(channel), undefined)
  })

  it('have one handle for good: the first', async () => {
    const { home, back } = await openBack()
    await using room: Home = home
    const [genesis] = await all(room.log, room.server.governance)
    const owner = room.servers.memberOf(user('owner'), room.server.id)!
    const register = readRegister(keys.channel(back.id, 'handle'), 'other')
    assert.ok(register)
    await room.log.append({
      channel: settingsChannelOf(back.id),
      member: owner.member,
      auth: genesis!.id,
      type: 'set',
      body: writeAct({ type: 'set', register }),
    })
    assert.equal(room.servers.channel(back.id)?.handle, 'backroom')
  })

  it('what was said in one stays when its author is put out by somebody who has it', async () => {
    const { home, back } = await openBack()
    await using room: Home = home
    await room.servers.setChannelOverride(as('owner'), back.id, 'member', { allow: ['send'], deny: [] })
    const said = await room.say('bob', back.id)
    await room.servers.kick(as('owner'), room.server.id, 'bob')
    assert.equal(room.servers.covers(said), true)
  })
})
