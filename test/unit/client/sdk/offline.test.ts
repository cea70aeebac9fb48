import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { openSession, type ConnectInit, type Session } from '../../../../client/sdk/index.ts'
import { createMemoryKeyValue } from '../../../../client/sdk/store/memory-key-value.ts'
import { createOfflineStore } from '../../../../client/sdk/store/offline-store.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { channelA, channelB } from '../samples.ts'
import { createFakeNode, type FakeNode } from './fake-node.ts'

/** One device of alice: its records outlive its sessions. */
const createDevice = (node: FakeNode) => {
  const records = new Map<string, string>()
  return {
    records,
    open: (init: Partial<ConnectInit> = {}): Promise<Session> =>
      openSession(node.components, {
        url: 'mqtt://node',
        user: 'alice',
        password: 'x',
        device: 'd',
        store: createOfflineStore(createMemoryKeyValue(records)),
        ...init,
      }),
  }
}

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
const online = (session: Session): Promise<void> => until(session, () => session.state.kind === 'online')

const texts = (session: Session, channel = channelA): string[] =>
  session
    .items(channel)
    .map((item) => (item.kind === 'event' ? String(item.event.body) : `${item.outgoing.text} (${item.outgoing.state})`))

const lost = (): HearthError => new HearthError('CONNECTION_LOST')

describe('sdk session with an offline store', () => {
  it('shows what was seen without a connection, and goes on from there', async () => {
    const node = createFakeNode()
    const device = createDevice(node)
    node.say('one')
    const first = await device.open()
    await online(first)
    await first.subscribe(channelA)
    await first.loadOlder(channelA)
    node.say('two')
    await first.close()
    node.say('missed')
    node.refusals.push(lost())
    const way = Promise.withResolvers<void>()
    node.beforeOpen = () => way.promise
    await using second = await device.open({ startOffline: true })
    await second.subscribe(channelA)
    assert.deepEqual(texts(second), ['one', 'two'])
    assert.equal(second.timeline(channelA).reachedStart, true)
    way.resolve()
    await online(second)
    assert.deepEqual(texts(second), ['one', 'two', 'missed'])
  })

  it('sends once after a restart what was said offline, by its client message id', async () => {
    const node = createFakeNode()
    const device = createDevice(node)
    node.refusals.push(lost(), lost())
    const away = Promise.withResolvers<void>()
    node.beforeOpen = () => away.promise
    const first = await device.open({ startOffline: true })
    void first.send(channelA, 'offline one', { id: 'mine-1' })
    void first.send(channelA, 'offline two', { id: 'mine-2' })
    await first.saved()
    // as after a crash: this session never closes, the next one reads what is on disk
    const second = await device.open({ startOffline: true })
    await second.subscribe(channelA)
    assert.deepEqual(texts(second), ['offline one (pending)', 'offline two (pending)'])
    node.beforeOpen = () => undefined
    node.refusals.length = 0
    const third = await device.open()
    await until(third, () => third.pendingCount === 0)
    assert.deepEqual(
      node.log.map(({ body, clientId }) => [body, clientId]),
      [
        ['offline one', 'mine-1'],
        ['offline two', 'mine-2'],
      ],
    )
    await third.close()
    await using fourth = await device.open()
    await online(fourth)
    assert.equal(fourth.pendingCount, 0)
    assert.equal(node.sent.length, 2)
  })

  it('does not say twice what the node had stored when the client died', async () => {
    const node = createFakeNode()
    const device = createDevice(node)
    const first = await device.open()
    await online(first)
    await first.subscribe(channelA)
    node.sendFaults.push('silence')
    node.refusals.push(new HearthError('SESSION_TAKEN'))
    void first.send(channelA, 'hello', { id: 'mine' })
    await until(first, () => first.state.kind === 'closed')
    await first.saved()
    await using second = await device.open()
    await online(second)
    await until(second, () => second.pendingCount === 0)
    assert.equal(node.log.length, 1)
    assert.deepEqual(
      node.sent.map(({ id }) => id),
      ['mine', 'mine'],
    )
  })

  it('keeps a refused message with its error, to be sent again', async () => {
    const node = createFakeNode()
    const device = createDevice(node)
    const first = await device.open()
    await online(first)
    node.sendFaults.push(new HearthError('RATE_LIMITED', 'slow down'))
    await first.send(channelA, 'hello', { id: 'mine' })
    await first.close()
    await using second = await device.open()
    await second.subscribe(channelA)
    assert.deepEqual(texts(second), ['hello (failed)'])
    await online(second)
    await second.loadOlder(channelA)
    second.retry('mine')
    await until(second, () => texts(second)[0] === 'hello')
  })

  it('reads a channel on from where it was left, though others were read further', async () => {
    const node = createFakeNode()
    const device = createDevice(node)
    node.say('a1')
    node.say('b1', { channel: channelB })
    const first = await device.open()
    await first.subscribe(channelA, channelB)
    await online(first)
    await first.loadOlder(channelA)
    await first.loadOlder(channelB)
    await first.close()
    node.say('b2', { channel: channelB })
    const second = await device.open()
    await second.subscribe(channelA)
    await online(second)
    node.say('a2')
    await second.close()
    node.say('b3', { channel: channelB })
    await using third = await device.open()
    await online(third)
    await third.subscribe(channelA, channelB)
    assert.deepEqual(texts(third, channelA), ['a1', 'a2'])
    assert.deepEqual(texts(third, channelB), ['b1', 'b2', 'b3'])
  })

  it('marks own messages stored, then replicated, and remembers which', async () => {
    const node = createFakeNode()
    const device = createDevice(node)
    const first = await device.open()
    await online(first)
    await first.subscribe(channelA)
    await first.loadOlder(channelA)
    await first.send(channelA, 'mine')
    node.say('theirs')
    await until(first, () => texts(first).length === 2)
    const marks = (session: Session) =>
      session.items(channelA).map((item) => (item.kind === 'event' ? item.mark : undefined))
    assert.deepEqual(marks(first), ['stored', undefined])
    node.replicate(node.log[0]!)
    assert.deepEqual(marks(first), ['replicated', undefined])
    await first.close()
    await using second = await device.open()
    await second.subscribe(channelA)
    assert.deepEqual(marks(second), ['replicated', undefined])
  })

  it('asks for marks that were told while it was away', async () => {
    const node = createFakeNode()
    const device = createDevice(node)
    const first = await device.open()
    await online(first)
    await first.subscribe(channelA)
    await first.loadOlder(channelA)
    await first.send(channelA, 'mine')
    await until(first, () => texts(first)[0] === 'mine')
    await first.close()
    node.replicate(node.log[0]!)
    await using second = await device.open()
    await second.subscribe(channelA)
    const mark = () => second.items(channelA).map((item) => item.kind === 'event' && item.mark)[0]
    await until(second, () => mark() === 'replicated')
  })

  it('forgets on disk what it forgets', async () => {
    const node = createFakeNode()
    const device = createDevice(node)
    node.say('secret')
    const first = await device.open()
    await online(first)
    await first.subscribe(channelA)
    await first.loadOlder(channelA)
    await first.saved()
    assert.ok([...device.records.values()].some((text) => text.includes('secret')))
    first.forget(channelA)
    await first.close()
    assert.ok(![...device.records.values()].some((text) => text.includes('secret')))
  })

  it('takes no more than its outbox holds', async () => {
    const node = createFakeNode()
    const way = Promise.withResolvers<void>()
    node.beforeOpen = () => way.promise
    const session = await createDevice(node).open({ startOffline: true })
    for (let count = 0; count < 1_000; count += 1) void session.send(channelA, `${count}`)
    assert.equal((await session.send(channelA, 'one too many')).error?.code, 'QUOTA')
    assert.equal(session.pendingCount, 1_000)
    way.resolve()
    await until(session, () => session.pendingCount === 0)
    await session.close()
    assert.equal(node.log.length, 1_000)
  })

  it('shows after any mix of losses and restarts what the node holds, each message once', async () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('say' as const), ms: fc.integer({ min: 1, max: 100_000 }) }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constantFrom('send' as const, 'lose the ack' as const, 'cut' as const, 'crash' as const),
        }),
      },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const node = createFakeNode()
        const device = createDevice(node)
        const enter = async (): Promise<Session> => {
          const session = await device.open()
          await session.subscribe(channelA)
          await online(session)
          if (!session.timeline(channelA).isLoaded) await session.loadOlder(channelA)
          return session
        }
        let session = await enter()
        const times = new Set<number>()
        let said = 0
        for (const one of steps) {
          if (one.do === 'say') {
            const ms = one.ms * 1_000 + 1
            if (!times.has(ms)) node.say('other', { ms })
            times.add(ms)
          } else if (one.do === 'cut') node.cut()
          else if (one.do === 'crash') {
            // no farewell: what is on disk is what there is
            await session.saved()
            node.refusals.push(new HearthError('SESSION_TAKEN'))
            node.cut()
            await until(session, () => session.state.kind === 'closed')
            node.refusals.length = 0
            session = await enter()
          } else {
            if (one.do === 'lose the ack') node.sendFaults.push('silence')
            said += 1
            void session.send(channelA, 'mine')
          }
          await Promise.resolve()
        }
        await until(session, () => session.pendingCount === 0)
        await new Promise(setImmediate)
        await online(session)
        const shown = session.items(channelA).map((item) => (item.kind === 'event' ? item.event.id : item.outgoing.id))
        assert.deepEqual(shown, node.log.map(({ id }) => id).toSorted())
        assert.equal(node.log.filter(({ body }) => body === 'mine').length, said)
        await session.close()
      }),
      { numRuns: 60 },
    )
  })
})
