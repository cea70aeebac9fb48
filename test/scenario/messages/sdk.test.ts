import assert from 'node:assert/strict'
import { connect, type EventJson, type Session } from '../../../client/sdk/index.ts'
import { runCommand } from '../../../client/terminal/commands.ts'
import { channelList } from '../../../spec/calls/channel.list.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { openCommunity, password, type Community } from '../talking/community.ts'

/** The timeline of a person, once it is as wanted. */
const until = (session: Session, channel: ChannelId, isSo: (events: readonly EventJson[]) => boolean) =>
  new Promise<readonly EventJson[]>((resolve) => {
    const look = (): void => {
      const events = session.timeline(channel).events()
      if (!isSo(events)) return
      stop()
      resolve(events)
    }
    const stop = session.onChange(look)
    look()
  })

describe('messages with the SDK and the commands of hearth chat', () => {
  let community: Community
  let alice: Session
  let bob: Session
  let general: ChannelId
  const enter = async (user: string): Promise<Session> => {
    const { addresses } = community.node.ready
    const session = await connect({
      url: addresses.mqtt,
      user,
      password: `${await community.invite()}:${password}`,
      device: `${user}-chat`,
    })
    const { channels } = await session.call(channelList, { server: community.server })
    general = channels.find(({ handle }) => handle === 'general')?.id ?? assert.fail('no general')
    await session.subscribe(general)
    await session.loadOlder(general)
    return session
  }
  const command = (session: Session, line: string): Promise<readonly string[]> =>
    runCommand(line, {
      session,
      channel: general,
      thread: undefined,
      messages: session.timeline(general).events(),
      reload: () => Promise.resolve(),
      open: () => Promise.resolve(),
      openThread: () => Promise.resolve(),
      find: () => assert.fail('no channel is looked for'),
      quit: () => undefined,
      personally: (spec, input) => session.call(spec, input),
      nowMs: () => Date.now(),
    })

  before(async () => {
    community = await openCommunity()
    alice = await enter('alice')
    bob = await enter('bob')
  })
  after(async () => {
    await alice.close()
    await bob.close()
    await community[Symbol.asyncDispose]()
  })

  it('one edits, the other reacts and answers, and both see one timeline', async () => {
    await alice.send(general, 'helo')
    await until(bob, general, (events) => events.some(({ body }) => body === 'helo'))
    assert.deepEqual(await command(alice, '/edit hello'), [])
    assert.deepEqual(await command(bob, '/react 👍'), [])
    assert.deepEqual(await command(bob, '/reply hi Alice'), [])
    for (const [session, me] of [
      [alice, undefined],
      [bob, true],
    ] as const) {
      const events = await until(session, general, (all) => {
        const message = all.find(({ edited }) => edited !== undefined)
        return message?.reactions !== undefined && all.some(({ replyTo }) => replyTo === message.id)
      })
      const message = events.find(({ edited }) => edited !== undefined)
      assert.equal(message?.body, 'hello')
      assert.deepEqual(message.reactions, [{ emoji: '👍', count: 1, ...(me && { me }) }])
    }
    assert.deepEqual(await command(bob, '/react ^2 👍'), [])
    await until(alice, general, (all) => all.every(({ reactions }) => reactions === undefined))
    await command(bob, '/delete')
    const left = await until(alice, general, (all) => all.some(({ deleted }) => deleted === true))
    assert.ok(left.every(({ body }) => body !== 'hi Alice'))
    assert.match((await command(bob, '/edit ^9 x'))[0] ?? '', /no such message/)
  })

  it('what was said about a message while one was away is in the timeline after it comes back, once', async () => {
    await alice.send(general, 'while you were away')
    const [target] = (await until(bob, general, (all) => all.at(-1)?.body === 'while you were away')).slice(-1)
    const { port } = new URL(community.node.ready.addresses.mqtt)
    const away = [alice, bob].map((session) => until(session, general, () => session.state.kind !== 'online'))
    await community.node.kill9()
    await Promise.all(away)
    await community.node.restart({ flags: ['--mqtt-port', port, '--message-rate', '0'] })
    await until(bob, general, () => bob.state.kind === 'online')
    await until(alice, general, () => alice.state.kind === 'online')
    await command(bob, '/react 🔥')
    await command(alice, '/edit and back')
    const events = await until(bob, general, (all) =>
      all.some(({ id, body, reactions }) => id === target?.id && body === 'and back' && reactions?.[0]?.count === 1),
    )
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length)
  })
})
