import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { z } from 'zod'
import { openSession, type Change, type ConnectInit, type Session } from '../../../../client/sdk/index.ts'
import { defineCall } from '../../../../spec/calls/call.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { channelA, channelB } from '../samples.ts'
import { createFakeNode, type FakeNode } from './fake-node.ts'

const enter = (node: FakeNode, init: Partial<ConnectInit> = {}): Promise<Session> =>
  openSession(node.components, { url: 'mqtt://node', user: 'alice', password: 'x', device: 'd', ...init })

/** Resolves at the first change, or at once, when `holds` does. */
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

/** After a cut: once it is online anew. */
const backOnline = (session: Session): Promise<void> =>
  new Promise((resolve) => {
    const stop = session.onChange((change) => {
      if (change.kind !== 'state' || change.state.kind !== 'online') return
      stop()
      resolve()
    })
  })

const texts = (session: Session, channel = channelA): string[] =>
  session
    .items(channel)
    .map((item) => (item.kind === 'event' ? String(item.event.body) : `${item.outgoing.text} (${item.outgoing.state})`))

const following = async (node: FakeNode, init: Partial<ConnectInit> = {}): Promise<Session> => {
  const session = await enter(node, init)
  await online(session)
  await session.subscribe(channelA)
  await session.loadOlder(channelA)
  return session
}

describe('sdk session', () => {
  it('throws the named error of a refused login', async () => {
    const node = createFakeNode()
    node.refusals.push(new HearthError('LOGIN_FAILED'))
    await assert.rejects(enter(node), { code: 'LOGIN_FAILED' })
    assert.equal(node.opened, 1)
  })

  it('shows live events after a page of history', async () => {
    const node = createFakeNode()
    node.say('before')
    await using session = await following(node)
    node.say('after')
    assert.deepEqual(texts(session), ['before', 'after'])
  })

  it('tells of each event once, live or caught up, in the order of arrival', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    const told: unknown[] = []
    session.onChange((change: Change) => change.kind === 'event' && told.push(change.event.body))
    node.say('one')
    node.cut()
    node.say('two')
    await backOnline(session)
    node.say('three')
    assert.deepEqual(told, ['one', 'two', 'three'])
  })

  it('shows what it says at once, and once, and marks it stored', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    const outcome = session.send(channelA, 'hello')
    assert.deepEqual(texts(session), ['hello (pending)'])
    assert.equal((await outcome).state, 'stored')
    assert.deepEqual(texts(session), ['hello'])
  })

  it('marks a refused message failed with the named error, and sends it again under its id', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    node.sendFaults.push(new HearthError('RATE_LIMITED', 'slow down'))
    const outcome = await session.send(channelA, 'hello')
    assert.equal(outcome.state, 'failed')
    assert.equal(outcome.error?.code, 'RATE_LIMITED')
    assert.deepEqual(texts(session), ['hello (failed)'])
    session.retry(outcome.id)
    await until(session, () => texts(session)[0] === 'hello')
    assert.deepEqual(
      node.sent.map(({ id }) => id),
      [outcome.id, outcome.id],
    )
  })

  it('refuses a text that the node would refuse, without sending it', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    assert.equal((await session.send(channelA, ' \n')).error?.code, 'TEXT_EMPTY')
    assert.equal((await session.send(channelA, 'x'.repeat(2_001))).error?.code, 'TEXT_TOO_LONG')
    assert.equal((await session.send(channelA, '👍'.repeat(2_000))).state, 'stored')
    assert.equal(node.sent.length, 1)
  })

  it('sends again under the same id when the PUBACK was lost, and the node stores it once', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    node.sendFaults.push('silence')
    assert.equal((await session.send(channelA, 'hello', { id: 'mine' })).state, 'stored')
    await online(session)
    assert.deepEqual(
      node.log.map(({ body }) => body),
      ['hello'],
    )
    assert.ok(node.sent.every(({ id }) => id === 'mine'))
    assert.deepEqual(texts(session), ['hello'])
  })

  it('keeps what is said offline and sends it in order once it is back', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    const back = Promise.withResolvers<void>()
    node.refusals.push(new HearthError('CONNECTION_LOST'), new HearthError('CONNECTION_LOST'))
    node.beforeAnswer = () => back.promise
    node.cut()
    await until(session, () => session.state.kind === 'waiting')
    const outcomes = ['a', 'b', 'c', 'd', 'e', 'f'].map((text) => session.send(channelA, text))
    back.resolve()
    await Promise.all(outcomes)
    assert.deepEqual(
      node.sent.map(({ body }) => body),
      ['a', 'b', 'c', 'd', 'e', 'f'],
    )
    assert.equal(session.pendingCount, 0)
  })

  it('catches up with what it missed, and lets in live events that came meanwhile', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    node.say('one')
    node.cut()
    node.say('missed')
    node.beforeAnswer = (method) => {
      if (method !== 'catchup') return
      node.beforeAnswer = () => undefined
      node.say('during the backfill')
    }
    await backOnline(session)
    node.say('live')
    assert.deepEqual(texts(session), ['one', 'missed', 'during the backfill', 'live'])
    assert.equal(session.cursor, 4)
  })

  it('reads once more what came during the backfill, when it was too much to hold', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    const told: unknown[] = []
    session.onChange((change) => change.kind === 'event' && told.push(change.event.body))
    node.cut()
    node.say('missed')
    node.beforeAnswer = (method) => {
      if (method !== 'catchup') return
      node.beforeAnswer = () => undefined
      for (let count = 0; count < 1_500; count += 1) node.say(`during the backfill ${count}`)
    }
    await backOnline(session)
    node.say('live')
    assert.equal(told.length, node.log.length)
    assert.deepEqual(
      texts(session),
      node.log.map(({ body }) => body),
    )
    assert.equal(session.cursor, node.log.length)
  })

  it('does not skip an event that arrives late with an old id', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    node.say('first', { ms: 10_000 })
    node.say('third', { ms: 30_000 })
    node.cut()
    node.say('second, late from another node', { ms: 20_000 })
    await backOnline(session)
    assert.deepEqual(texts(session), ['first', 'second, late from another node', 'third'])
  })

  it('loads the newest page anew when too much was missed to read it all', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    node.say('old')
    node.cut()
    for (let count = 0; count < 2_500; count += 1) node.say(`missed ${count}`)
    await backOnline(session)
    assert.equal(texts(session).length, 50)
    assert.equal(texts(session).at(-1), 'missed 2499')
    assert.equal(session.timeline(channelA).reachedStart, false)
  })

  it('goes on from the cursor of the last time, for channels that it follows later', async () => {
    const node = createFakeNode()
    node.say('seen')
    node.say('not seen', { channel: channelB })
    node.say('not seen')
    await using session = await enter(node, { cursor: 1 })
    await online(session)
    await session.subscribe(channelA, channelB)
    assert.equal(
      session.timeline(channelA).unreadAfter(1, (event) => session.isOwn(event)),
      1,
    )
    assert.equal(
      session.timeline(channelB).unreadAfter(1, (event) => session.isOwn(event)),
      1,
    )
  })

  it('waits longer from attempt to attempt, with a cap, and starts anew once it was back', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    node.refusals.push(...Array.from({ length: 9 }, () => new HearthError('CONNECTION_LOST')))
    node.cut()
    await backOnline(session)
    assert.deepEqual(node.delays, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000])
    node.cut()
    await backOnline(session)
    assert.equal(node.delays.at(-1), 500)
  })

  for (const code of ['DEVICE_REVOKED', 'ACCOUNT_DISABLED', 'SESSION_TAKEN'] as const) {
    it(`stays closed after ${code}`, async () => {
      const node = createFakeNode()
      await using session = await following(node)
      node.cut(new HearthError(code))
      await until(session, () => session.state.kind === 'closed')
      assert.ok(session.state.kind === 'closed' && session.state.error?.code === code)
      assert.equal(node.opened, 1)
      await assert.rejects(session.loadOlder(channelA), { code: 'CONNECTION_LOST' })
    })
  }

  it('names the channels that the node refuses, and follows the others', async () => {
    const node = createFakeNode()
    node.refusedFilters.add(`c/${channelB}/events`)
    await using session = await enter(node)
    await online(session)
    const refused = await session.subscribe(channelA, channelB)
    assert.deepEqual(
      [...refused].map(([channel, { code }]) => [channel, code]),
      [[channelB, 'FILTER_REFUSED']],
    )
  })

  it('lets nobody read a page before the subscription that somebody else has asked for', async () => {
    const node = createFakeNode()
    await using session = await enter(node)
    await online(session)
    const granted = Promise.withResolvers<void>()
    node.beforeGrant = () => granted.promise
    const first = session.subscribe(channelA)
    const second = session.subscribe(channelA).then(() => session.loadOlder(channelA))
    await new Promise(setImmediate)
    node.say('said before the SUBACK')
    granted.resolve()
    await Promise.all([first, second])
    assert.deepEqual(texts(session), ['said before the SUBACK'])
  })

  it('takes back the subscription of a channel that it forgets', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    node.say('before')
    session.forget(channelA)
    node.say('after')
    assert.deepEqual(node.filters, ['u/alice/reply', 'u/alice/errors', 'u/alice/inbox'])
    assert.deepEqual(texts(session), [])
  })

  it('throws the named error of a call, and what is no answer', async () => {
    const node = createFakeNode()
    await using session = await following(node)
    const unknown = defineCall({
      method: 'no.such',
      summary: '',
      errors: [],
      token: 'none',
      input: z.strictObject({}),
      output: z.object({}),
    })
    await assert.rejects(session.call(unknown, {}), { name: 'HearthError', code: 'NOT_FOUND' })
    node.beforeAnswer = () => node.cut()
    await assert.rejects(session.call(unknown, {}), { code: 'CONNECTION_LOST' })
  })

  it('shows the same after any mix of losses as the node holds', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('say' as const), ms: fc.integer({ min: 1, max: 1_000_000 }) }),
      fc.record({ do: fc.constantFrom('send' as const, 'send and lose the ack' as const, 'cut' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const node = createFakeNode()
        await using session = await following(node)
        const outcomes: Promise<unknown>[] = []
        const times = new Set<number>()
        for (const one of steps) {
          if (one.do === 'say') {
            // the fake node makes ids of times: each is used once
            const ms = one.ms * 1_000 + 1
            if (!times.has(ms)) node.say('other', { ms })
            times.add(ms)
          } else if (one.do === 'cut') node.cut()
          else {
            if (one.do === 'send and lose the ack') node.sendFaults.push('silence')
            outcomes.push(session.send(channelA, 'mine'))
          }
          await Promise.resolve()
        }
        await Promise.all(outcomes)
        await new Promise(setImmediate)
        await online(session)
        const expected = node.log.map(({ id }) => id).toSorted()
        const shown = session.items(channelA).map((item) => (item.kind === 'event' ? item.event.id : item.outgoing.id))
        assert.deepEqual(shown, expected)
        assert.equal(node.log.filter(({ body }) => body === 'mine').length, outcomes.length)
      }),
      { numRuns: 60 },
    )
  })
})
