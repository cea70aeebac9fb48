import assert from 'node:assert/strict'
import type { z } from 'zod'
import { block } from '../../../spec/calls/block.ts'
import type { CallSpec } from '../../../spec/calls/call.ts'
import { catchup } from '../../../spec/calls/catchup.ts'
import { dmAdd } from '../../../spec/calls/dm.add.ts'
import { dmCreate } from '../../../spec/calls/dm.create.ts'
import { dmList } from '../../../spec/calls/dm.list.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendRemove } from '../../../spec/calls/friend.remove.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { inboxList } from '../../../spec/calls/inbox.list.ts'
import { messageDelete } from '../../../spec/calls/message.delete.ts'
import { messageEdit } from '../../../spec/calls/message.edit.ts'
import { messageForward } from '../../../spec/calls/message.forward.ts'
import { messageReact } from '../../../spec/calls/message.react.ts'
import { messageUnreact } from '../../../spec/calls/message.unreact.ts'
import { readMark } from '../../../spec/calls/read.mark.ts'
import { threadShow } from '../../../spec/calls/thread.show.ts'
import { unreadList } from '../../../spec/calls/unread.list.ts'
import { who } from '../../../spec/calls/who.ts'
import type { ChannelId, EventId } from '../../../spec/ids.ts'
import { callNode } from '../../support/calls.ts'
import type { Received } from '../../support/mqtt-client.ts'
import { openSite, type Person, type Site } from '../federation/nodes.ts'

/**
 * Threat 40 over two nodes. At oak Alice, who blocks Bob; Una, who is his friend no more; Carol, the witness. Bob is at
 * elm, and his node has heard of neither. All share a server and a group of Carol's; Alice and Una have a DM with him.
 */
describe('threat 40: blocked and unfriended, between two nodes', () => {
  let oak: Site
  let elm: Site
  let alice: Person
  let una: Person
  let carol: Person
  let bob: Person
  let bobs: string
  const channels = new Map<string, ChannelId>()
  const at = (place: string): ChannelId => channels.get(place)!
  /** Said before: by the one at oak, and by Bob; and one of Bob's that he will delete. */
  const said = new Map<string, { readonly theirs: EventId; readonly his: EventId; readonly gone: EventId }>()
  const places = ['a DM', 'a group', 'a channel of a server'] as const

  before(async () => {
    ;[oak, elm] = await Promise.all([openSite('oak', '127.0.0.61'), openSite('elm', '127.0.0.62')])
    ;[alice, una, carol] = await Promise.all([oak.person('alice'), oak.person('una'), oak.person('carol')])
    bob = await elm.person('bob')
    bobs = `bob@${elm.nodeId}`
    await bob.join(await oak.link())
    for (const one of [alice, una, carol]) {
      await call(one, friendRequest, { address: bobs })
      await call(bob, friendAccept, { address: of(one) })
      await one.inbox('friend.accepted')
      if (one === carol) continue
      await call(carol, friendRequest, { address: one.user })
      await call(one, friendAccept, { address: 'carol' })
    }
    channels.set('a channel of a server', await alice.channel('oak', 'general'))
    channels.set('a group', (await call(carol, dmCreate, { members: ['alice', 'una', bobs] })).channel)
    channels.set('a DM', (await call(alice, dmOpen, { address: bobs })).channel)
    channels.set("una's DM", (await call(una, dmOpen, { address: bobs })).channel)
    for (const place of ['a group', 'a DM', "una's DM"]) await opened(bob, at(place))
    for (const one of [alice, una]) await opened(one, at('a group'))
    for (const [place, channel] of channels) {
      for (const one of [alice, una, carol, bob]) {
        const topics = ['events', 'lines', 'typing'].map((stream) => `c/${channel}/${stream}`)
        await one.client.subscribe([...topics, 'u/+/presence'])
      }
      const other = place === "una's DM" ? una : alice
      await other.say(channel, `theirs in ${place}`)
      await bob.client.waitFor(({ text }) => text.includes(`"theirs in ${place}"`))
      for (const what of ['his', 'gone']) {
        await bob.say(channel, `${what} in ${place}`)
        await other.client.waitFor(({ text }) => text.includes(`"${what} in ${place}"`))
      }
      const find = async (body: string) => (await bob.read(channel)).find((event) => event.body === body)!.id
      said.set(place, {
        theirs: await find(`theirs in ${place}`),
        his: await find(`his in ${place}`),
        gone: await find(`gone in ${place}`),
      })
    }
    for (const channel of channels.values()) await call(alice, readMark, { channel }).catch(() => undefined)
  })
  after(() => Promise.all([oak[Symbol.asyncDispose](), elm[Symbol.asyncDispose]()]))

  const call = <I extends z.ZodType, O extends z.ZodType>(by: Person, spec: CallSpec<I, O>, input: z.input<I>) =>
    callNode(by.client, by.user, spec, input)
  const of = (one: Person): string => `${one.user}@${oak.nodeId}`
  const opened = (by: Person, channel: ChannelId) =>
    by.inbox('dm.opened', ({ conversation }) => (conversation as { channel: string }).channel === channel)
  const receipts = (channel: ChannelId): number =>
    bob.client.received.filter(
      ({ topic, text }) => topic === 'u/bob/inbox' && text.includes('"replicated"') && text.includes(channel),
    ).length
  /** Bob does it, without a difference to him; then oak has on its disk what he says next in the same feed. */
  const replicated = async (channel: ChannelId, act: () => Promise<unknown>): Promise<void> => {
    await act()
    const before = receipts(channel)
    await bob.say(channel, 'kind: what comes next')
    await bob.client.waitFor(() => receipts(channel) > before)
  }
  /** An answer of the person's node comes after everything that went out to them. */
  const news = async (to: Person, from: number): Promise<string[]> => {
    await call(to, who, { channel: at('a group') })
    return newsOf(to.user, to.client.received.slice(from))
  }

  /** What Bob does in a place. Typing is whispered: the witness sees it, where there is one. */
  const kinds: readonly (readonly [string, (place: string) => Promise<unknown>])[] = [
    ['a message', (place) => bob.client.publish(`c/${at(place)}/send`, '{"body":"kind: message"}')],
    ['a text', (place) => bob.say(at(place), 'kind: text')],
    ['a mention', (place) => bob.say(at(place), `kind: mention ${of(alice)}`)],
    [
      'a reply in a thread',
      (place) => {
        const { theirs } = said.get(place)!
        const reply = { body: 'kind: reply', thread: theirs, replyTo: theirs }
        return bob.client.publish(`c/${at(place)}/send`, JSON.stringify(reply))
      },
    ],
    [
      'an edit',
      (place) => call(bob, messageEdit, { channel: at(place), target: said.get(place)!.his, body: 'kind: edit' }),
    ],
    [
      'a reaction',
      (place) => call(bob, messageReact, { channel: at(place), target: said.get(place)!.theirs, emoji: '👍' }),
    ],
    [
      'its end',
      (place) => call(bob, messageUnreact, { channel: at(place), target: said.get(place)!.theirs, emoji: '👍' }),
    ],
    [
      'another',
      (place) => call(bob, messageReact, { channel: at(place), target: said.get(place)!.theirs, emoji: '👎' }),
    ],
    [
      'a forward',
      (place) => call(bob, messageForward, { channel: at(place), target: said.get(place)!.theirs, to: at(place) }),
    ],
    ['a deletion', (place) => call(bob, messageDelete, { channel: at(place), target: said.get(place)!.gone })],
  ]

  describe('blocked', () => {
    before(() => call(alice, block, { address: bobs }))

    for (const place of places) {
      for (const [what, act] of kinds) {
        it(`in ${place}: ${what} is done and does not reach who blocks`, async () => {
          const from = alice.client.received.length
          await replicated(at(place), () => act(place))
          assert.deepEqual(await news(alice, from), [])
        })
      }

      it(`in ${place}: nor does typing, nor a read marker`, async () => {
        const from = alice.client.received.length
        const seen = carol.client.received.length
        await call(bob, readMark, { channel: at(place) })
        await bob.client.publish(`c/${at(place)}/typing`, '')
        const witness = place === 'a DM' ? undefined : carol
        await witness?.client.waitFor(
          ({ topic, text }) =>
            topic === `c/${at(place)}/typing` &&
            text.includes('"bob"') &&
            carol.client.received.slice(seen).some((one) => one.topic === topic),
        )
        assert.deepEqual(await news(alice, from), [])
      })

      it(`in ${place}: nothing of it is read or counted later`, async () => {
        const events = await alice.read(at(place))
        const texts = JSON.stringify(events)
        assert.ok(!texts.includes('kind: ') && !texts.includes('👎') && !texts.includes('forwarded'), texts)
        assert.ok(texts.includes(`his in ${place}`) && texts.includes(`theirs in ${place}`))
        const thread = await call(alice, threadShow, { channel: at(place), thread: said.get(place)!.theirs })
        assert.deepEqual(thread.events, [])
        const { channels: counts } = await call(alice, unreadList, { channels: [at(place)] })
        assert.deepEqual(
          counts.map(({ unread, mentions }) => [unread, mentions]),
          [[0, 0]],
        )
      })
    }

    it('in the inbox and in what is caught up with there is nothing of it', async () => {
      assert.ok(!JSON.stringify(await call(alice, inboxList, {})).includes('kind: '))
      const { events } = await call(alice, catchup, { from: 0, limit: 200 })
      assert.ok(!JSON.stringify(events).includes('kind: '))
    })

    it('requests, DMs and groups come from nobody who is blocked, and he is told the same as ever', async () => {
      const from = alice.client.received.length
      assert.equal((await call(bob, friendRequest, { address: of(alice) })).standing, 'friend')
      assert.equal((await call(bob, dmOpen, { address: of(alice) })).channel, at('a DM'))
      const { channel: another } = await call(bob, dmCreate, { members: [of(alice), of(carol)] })
      await opened(carol, another)
      const { channel: third } = await call(bob, dmCreate, { members: [of(carol)] })
      await opened(carol, third)
      await call(bob, dmAdd, { channel: third, address: of(alice) })
      await bob.say(another, 'psst')
      await carol.inbox('dm.changed', ({ conversation }) => JSON.stringify(conversation).includes(third))
      assert.deepEqual(await news(alice, from), [])
      const listed = (await call(alice, dmList, {})).conversations.map(({ channel }) => channel)
      assert.ok(!listed.includes(another) && !listed.includes(third))
    })

    it('threat 39: presence goes neither way', async () => {
      const from = alice.client.received.length
      await bob.client.publish('u/bob/presence', '{"status":"dnd"}')
      await carol.client.waitFor(({ topic, text }) => topic === `u/${bobs}/presence` && text.includes('"dnd"'))
      await alice.client.publish('u/alice/presence', '{"status":"dnd"}')
      await carol.client.publish('u/carol/presence', '{"status":"dnd"}')
      await bob.client.waitFor(({ topic, text }) => topic === `u/${of(carol)}/presence` && text.includes('"dnd"'))
      assert.deepEqual(
        (await news(alice, from)).filter((line) => line.includes('bob')),
        [],
      )
      const ofAlice = bob.client.received.findLast(({ topic }) => topic === `u/${of(alice)}/presence`)
      assert.match(ofAlice?.text ?? '"offline"', /"offline"/)
      const names = async (one: Person) =>
        (await call(one, who, { channel: at('a group') })).online.map(({ address }) => address.split('@')[0])
      assert.deepEqual(await names(alice), ['alice', 'carol', 'una'])
      assert.deepEqual(await names(bob), ['bob', 'carol', 'una'])
      assert.deepEqual(await names(carol), ['alice', 'bob', 'carol', 'una'])
    })
  })

  describe('friends no more, and his node does not know', () => {
    const dm = "una's DM"
    before(async () => {
      await elm.node.kill9()
      await call(una, friendRemove, { address: bobs })
      await elm.node.restart()
      await bob.back()
      await bob.say(at('a channel of a server'), 'back')
      await una.client.waitFor(({ topic, text }) => topic.endsWith('/events') && text.includes('"back"'))
    })

    for (const [what, act] of kinds) {
      it(`in the DM: ${what} does not reach her`, async () => {
        const from = una.client.received.length
        await act(dm)
        // What comes after it on the way to the same node, and is hers.
        await bob.say(at('a channel of a server'), `after ${what}`)
        await una.client.waitFor(({ topic, text }) => topic.endsWith('/events') && text.includes(`"after ${what}"`))
        assert.deepEqual(
          (await news(una, from)).filter((line) => line.includes(at(dm))),
          [],
        )
      })
    }

    it('in the DM: nor does typing', async () => {
      const from = una.client.received.length
      await bob.client.publish(`c/${at(dm)}/typing`, '')
      await bob.client.publish(`c/${at('a group')}/typing`, '')
      await una.client.waitFor(
        ({ topic }) =>
          topic === `c/${at('a group')}/typing` &&
          una.client.received.slice(from).some((one) => one.topic === `c/${at('a group')}/typing`),
      )
      assert.ok(!(await news(una, from)).some((line) => line.includes(at(dm))))
    })

    it('in the DM: nothing of it is read later', async () => {
      const texts = JSON.stringify(await una.read(at(dm)))
      assert.ok(!texts.includes('kind: ') && !texts.includes('👎') && !texts.includes('forwarded'), texts)
      assert.ok(texts.includes(`gone in ${dm}`))
    })

    it('he can neither open the DM anew nor add her to a group; she is asked to be friends, once', async () => {
      await assert.rejects(call(bob, dmOpen, { address: of(una) }), { code: 'NOT_FRIEND' })
      await assert.rejects(call(bob, dmCreate, { members: [of(una)] }), { code: 'NOT_FRIEND' })
      assert.equal((await call(bob, friendRequest, { address: of(una) })).standing, 'outgoing')
      await una.inbox('friend.request')
      await call(bob, friendRequest, { address: of(una) })
      await call(una, who, { channel: at('a group') })
      const requests = una.client.received.filter(({ text }) => text.startsWith('{"type":"friend.request"'))
      assert.equal(requests.filter(({ text }) => text.includes(bobs)).length, 1)
    })
  })
})

/** What arrived beside answers; no news are receipts, that nothing is unread, and that one's own block empties the inbox. */
const newsOf = (user: string, received: readonly Received[]): string[] =>
  received
    .map(({ topic, text }) => `${topic} ${text}`)
    .filter((line) => !line.startsWith(`u/${user}/reply `) && !silent.some((type) => line.includes(`"type":"${type}"`)))
    .filter((line) => !line.includes('"type":"unread"') || /"(?:unread|mentions)":[1-9]/.test(line))

const silent = ['dismissed', 'replicated', 'server.changed', 'friend.changed']
