import assert from 'node:assert/strict'
import { connect, type ConnectInit, type Session } from '../../../client/sdk/index.ts'
import { channelList } from '../../../spec/calls/channel.list.ts'
import { deviceRevoke } from '../../../spec/calls/device.revoke.ts'
import { serverList } from '../../../spec/calls/server.list.ts'
import { tokenCreate } from '../../../spec/calls/token.create.ts'
import { tokenRevoke } from '../../../spec/calls/token.revoke.ts'
import type { ChannelId, DeviceId } from '../../../spec/ids.ts'
import { startNode, type NodeProcess } from '../../support/node-process.ts'
import { person } from './people.ts'

/** Resolves at once, or at the change after which it holds. */
const until = (session: Session, holds: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return
      stop()
      resolve()
    }
    const stop = session.onChange(look)
    look()
  })

const texts = (session: Session, channel: ChannelId): string[] =>
  session.items(channel).map((item) => (item.kind === 'event' ? String(item.event.body) : item.outgoing.text))

describe('sdk on a real node', () => {
  const cleanUp = new AsyncDisposableStack()
  let node: NodeProcess
  let password = ''
  let channel: ChannelId

  const enter = async (device: string, init: Partial<ConnectInit> = {}): Promise<Session> => {
    const session = await connect({ url: node.ready.addresses.mqtt, user: 'alice', password, device, ...init })
    await until(session, () => session.state.kind === 'online')
    return session
  }

  before(async () => {
    node = cleanUp.use(await startNode({ flags: ['--message-rate', '0'] }))
    const alice = cleanUp.use(await person(node, 'alice'))
    await using first = await connect({
      url: node.ready.addresses.mqtt,
      user: 'alice',
      password: `${alice.invite}:${alice.password}`,
      device: 'first',
    })
    password = alice.password
    const { servers } = await first.call(serverList, {})
    const { channels } = await first.call(channelList, { server: servers[0]!.handle })
    channel = channels[0]!.id
  })
  after(() => cleanUp.disposeAsync())

  for (const transport of ['mqtt', 'mqtts', 'webSocket'] as const)
    it(`sends and receives over ${transport}`, async () => {
      await using session = await enter(transport, { url: node.ready.addresses[transport], insecureTls: true })
      await session.subscribe(channel)
      await session.loadOlder(channel)
      assert.equal((await session.send(channel, `over ${transport}`)).state, 'stored')
      await until(session, () => session.items(channel).at(-1)?.kind === 'event')
      assert.equal(texts(session, channel).at(-1), `over ${transport}`)
    })

  it('hears nothing more of a channel that it forgets', async () => {
    await using session = await enter('forgetful')
    await session.subscribe(channel)
    const heard: unknown[] = []
    session.onChange((change) => change.kind === 'event' && heard.push(change.event.body))
    session.forget(channel)
    await session.call(serverList, {}) // answered after the UNSUBSCRIBE
    assert.equal((await session.send(channel, 'unheard')).state, 'stored')
    await session.call(serverList, {})
    assert.deepEqual(heard, [])
  })

  it('keeps the order of what one device says, however fast', async () => {
    await using session = await enter('fast')
    await session.subscribe(channel)
    const said = Array.from({ length: 300 }, (_, count) => `fast ${count}`)
    const outcomes = await Promise.all(said.map((text) => session.send(channel, text)))
    assert.ok(outcomes.every(({ state }) => state === 'stored'))
    await session.loadOlder(channel, 200)
    assert.deepEqual(texts(session, channel).slice(-200), said.slice(-200))
  })

  it('catches up over a crash of the node, and loses, repeats and reorders nothing', async () => {
    await using session = await enter('restart')
    await session.subscribe(channel)
    await session.loadOlder(channel)
    const { port } = new URL(node.ready.addresses.mqtt)
    const said = Array.from({ length: 100 }, (_, count) => `around a crash ${count}`)
    const outcomes = said.slice(0, 50).map((text) => session.send(channel, text))
    await outcomes[5]
    await node.kill9()
    outcomes.push(...said.slice(50).map((text) => session.send(channel, text)))
    await node.restart({ flags: ['--mqtt-port', port, '--message-rate', '0'] })
    await Promise.all(outcomes)
    await until(session, () => session.items(channel).every(({ kind }) => kind === 'event'))
    assert.deepEqual(
      texts(session, channel).filter((text) => text.startsWith('around a crash')),
      said,
    )
  })

  it('is named the device that connected elsewhere, and does not fight over it', async () => {
    await using session = await enter('same')
    await using _second = await enter('same')
    await until(session, () => session.state.kind === 'closed')
    assert.ok(session.state.kind === 'closed' && session.state.error?.code === 'SESSION_TAKEN')
  })

  it('stays out once its device is revoked', async () => {
    await using session = await enter('lost-phone')
    await using laptop = await enter('laptop')
    await laptop.call(deviceRevoke, { device: 'lost-phone' as DeviceId })
    await until(session, () => session.state.kind === 'closed')
    assert.ok(session.state.kind === 'closed' && session.state.error?.code === 'DEVICE_REVOKED')
    await assert.rejects(enter('lost-phone'), { code: 'DEVICE_REVOKED' })
  })

  it('stays out once its token is revoked', async () => {
    await using laptop = await enter('laptop')
    const { token, secret } = await laptop.call(tokenCreate, { name: 'bot' })
    await using bot = await enter('bot', { token: secret })
    await bot.subscribe(channel)
    await laptop.call(tokenRevoke, { token: token.id })
    await until(bot, () => bot.state.kind === 'closed')
    await assert.rejects(enter('bot', { token: secret }), { code: 'LOGIN_FAILED' })
  })
})
