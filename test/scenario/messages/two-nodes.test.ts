import assert from 'node:assert/strict'
import type { z } from 'zod'
import type { CallSpec } from '../../../spec/calls/call.ts'
import { catchup } from '../../../spec/calls/catchup.ts'
import { messageDelete } from '../../../spec/calls/message.delete.ts'
import { messageEdit } from '../../../spec/calls/message.edit.ts'
import { messageHistory } from '../../../spec/calls/message.history.ts'
import { messageReact } from '../../../spec/calls/message.react.ts'
import { threadFollow } from '../../../spec/calls/thread.follow.ts'
import { threadMark } from '../../../spec/calls/thread.mark.ts'
import { threadUnread } from '../../../spec/calls/thread.unread.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { eventJson, type EventJson } from '../../../spec/message.ts'
import { callNode } from '../../support/calls.ts'
import { sayOfTomorrow } from './of-tomorrow.ts'
import { openSite, type Person, type Site } from '../federation/nodes.ts'

/** Oak has the server, and Alice; Bob is at home on elm. */
describe('messages over two nodes', () => {
  let oak: Site
  let elm: Site
  let alice: Person
  let bob: Person
  let general: ChannelId
  before(async () => {
    ;[oak, elm] = await Promise.all([openSite('oak', '127.0.0.21'), openSite('elm', '127.0.0.22')])
    ;[alice, bob] = await Promise.all([oak.person('alice'), elm.person('bob')])
    general = await alice.channel('oak', 'general')
    await alice.hear(general)
    await bob.join(await oak.link())
    await bob.hear(general)
  })
  after(() => Promise.all([oak[Symbol.asyncDispose](), elm[Symbol.asyncDispose]()]))

  const call = <I extends z.ZodType, O extends z.ZodType>(who: Person, spec: CallSpec<I, O>, input: z.input<I>) =>
    callNode(who.client, who.user, spec, input)
  const heard = async (who: Person, isIt: (event: EventJson) => boolean): Promise<EventJson> => {
    const eventOf = ({ topic, text }: { topic: string; text: string }): EventJson | undefined =>
      topic.endsWith('/events') ? eventJson.parse(JSON.parse(text)) : undefined
    const message = await who.client.waitFor((one) => {
      const event = eventOf(one)
      return event !== undefined && isIt(event)
    })
    return eventOf(message) ?? assert.fail()
  }
  const stateOf = async (who: Person, id: string): Promise<object> => {
    const found = (await who.read(general)).find((event) => event.id === id)
    const { position: _position, asOf: _asOf, reactions, ...event } = found ?? assert.fail('not there')
    return { ...event, reactions: reactions?.map(({ emoji, count }) => [emoji, count]) }
  }

  it('MSGS-7: edits, reactions and answers of both come to one state at both', async () => {
    await alice.say(general, 'lunhc?')
    const { id } = await bob.heard('lunhc?')
    await call(alice, threadFollow, { channel: general, thread: id })
    const { id: edit } = await call(alice, messageEdit, { channel: general, target: id, body: 'lunch?' })
    assert.equal((await heard(bob, (event) => event.id === edit)).body, 'lunch?')
    const { id: reaction } = await call(bob, messageReact, { channel: general, target: id, emoji: '👍' })
    await heard(alice, (event) => event.id === reaction)
    await call(alice, messageReact, { channel: general, target: id, emoji: '👍' })
    await bob.client.publish(`c/${general}/send`, JSON.stringify({ body: 'yes, @alice', thread: id }))
    await alice.inbox('thread', (told) => JSON.stringify(told).includes('yes, @alice'))
    await heard(bob, ({ type, author }) => type === 'react' && author.name === 'alice')
    const state = await stateOf(alice, id)
    assert.deepEqual(await stateOf(bob, id), state)
    assert.deepEqual(Reflect.get(state, 'reactions'), [['👍', 2]])
    assert.equal(Reflect.get(Reflect.get(state, 'replies') as object, 'count'), 1)
    assert.equal((await call(bob, messageHistory, { channel: general, target: id })).versions.length, 2)
    await assert.rejects(call(bob, messageEdit, { channel: general, target: id, body: 'x' }), { code: 'NOT_ALLOWED' })
    await assert.rejects(call(bob, messageDelete, { channel: general, target: id }), { code: 'NOT_ALLOWED' })
  })

  it('MSGS-5: a mention reaches the inbox at the other node', async () => {
    await alice.client.publish(`c/${general}/send`, JSON.stringify({ body: `hello @bob@${elm.nodeId}` }))
    await bob.inbox('mention', (told) => JSON.stringify(told).includes('hello @bob'))
  })

  it('INBOX-14: an answer that comes late from the other node is unread in the thread, and once', async () => {
    await alice.say(general, 'who brings wood?')
    const { id: thread } = await bob.heard('who brings wood?')
    await call(alice, threadFollow, { channel: general, thread })
    await oak.node.kill9()
    await bob.client.publish(`c/${general}/send`, JSON.stringify({ body: 'I do', thread }))
    await oak.node.restart()
    await alice.back()
    const of = async (who: Person) => {
      const { threads } = await call(who, threadUnread, {})
      const found = threads.find((one) => one.thread === thread)
      return found && [found.unread, found.more]
    }
    if ((await of(alice))?.[0] === 0) await alice.inbox('thread.unread')
    assert.deepEqual(await of(alice), [1, false])
    assert.deepEqual(await of(bob), [0, false], 'who answers follows, and has read it')
    await call(alice, threadMark, { channel: general, thread })
    assert.deepEqual(await of(alice), [0, false])
  })

  it('MSGS-10: what is deleted while the other node is away is gone there, too, when it is back', async () => {
    await bob.say(general, 'my secret')
    const { id } = await alice.heard('my secret')
    await call(bob, messageDelete, { channel: general, target: id })
    await heard(alice, ({ type, target }) => type === 'delete' && target === id)
    await alice.say(general, 'second secret')
    const { id: second } = await bob.heard('second secret')
    await elm.node.kill9()
    await call(alice, messageDelete, { channel: general, target: second })
    await elm.node.restart()
    await bob.back()
    while (!(await bob.read(general)).some((event) => event.id === second && event.deleted === true)) {
      await heard(bob, ({ type, target }) => type === 'delete' && target === second)
    }
    for (const who of [alice, bob]) {
      const { events } = await call(who, catchup, { channels: [general], from: 0, limit: 200 })
      assert.ok(!JSON.stringify(events).includes('secret'))
      assert.equal(events.filter(({ type }) => type === 'delete').length, 2)
    }
    assert.deepEqual(await stateOf(bob, second), await stateOf(alice, second))
  })

  it('MSGS-16: an event of a kind that nobody here knows is kept, goes to the other node, and is shown as unsupported', async () => {
    await oak.node.stop()
    const id = await sayOfTomorrow(oak.node.data, { user: alice.user, channel: general })
    await oak.node.restart()
    await alice.back()
    const live = await heard(bob, (event) => event.id === id)
    assert.deepEqual([live.type, live.unsupported, live.body], ['poll.create', true, undefined])
    await oak.node.kill9() // what elm says from here on it has itself
    for (const restart of [false, true]) {
      if (restart) {
        await elm.node.kill9()
        await elm.node.restart()
        await bob.back()
      }
      const shown = (await bob.read(general)).find((event) => event.id === id)
      assert.deepEqual([shown?.type, shown?.unsupported, shown?.author.name], ['poll.create', true, 'alice'])
      const { events } = await call(bob, catchup, { channels: [general], from: 0, limit: 200 })
      assert.ok(events.some((event) => event.id === id && event.unsupported === true))
    }
  })
})
