import assert from 'node:assert/strict'
import { catchup } from '../../../spec/calls/catchup.ts'
import { dmAdd } from '../../../spec/calls/dm.add.ts'
import { dmCreate } from '../../../spec/calls/dm.create.ts'
import { dmList } from '../../../spec/calls/dm.list.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { friendList } from '../../../spec/calls/friend.list.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { history } from '../../../spec/calls/history.ts'
import { messageDelete } from '../../../spec/calls/message.delete.ts'
import { messageEdit } from '../../../spec/calls/message.edit.ts'
import { messageForward } from '../../../spec/calls/message.forward.ts'
import { messageHistory } from '../../../spec/calls/message.history.ts'
import { messageReact } from '../../../spec/calls/message.react.ts'
import { messageUnreact } from '../../../spec/calls/message.unreact.ts'
import { readMark } from '../../../spec/calls/read.mark.ts'
import { threadShow } from '../../../spec/calls/thread.show.ts'
import { unblock } from '../../../spec/calls/unblock.ts'
import { who } from '../../../spec/calls/who.ts'
import type { ChannelId, EventId } from '../../../spec/ids.ts'
import type { Received } from '../../support/mqtt-client.ts'
import { channelId, openCommunity, type Community } from '../talking/community.ts'
import { befriend, blockFor, openDm, someone, type Someone } from './people.ts'

/**
 * Alice and Bob share a server, are friends, have a DM and a group with Carol. Alice blocks Bob. Whatever Bob does then is
 * done, as he and Carol see; nothing of it reaches Alice, live, replayed or read.
 */
for (const version of [5, 4] as const) {
  describe(`blocks over MQTT ${version === 5 ? '5' : '3.1.1'}`, () => {
    let community: Community
    let alice: Someone
    let bob: Someone
    let carol: Someone
    let general: ChannelId
    let dm: ChannelId
    let group: ChannelId
    /** Said before the block: by Alice, and by Bob. */
    const said = new Map<ChannelId, { readonly alices: EventId; readonly bobs: EventId }>()

    const edits = new Map<ChannelId, EventId>()
    before(async () => {
      community = await openCommunity()
      alice = await someone(community, 'alice', version)
      bob = await someone(community, 'bob', version)
      carol = await someone(community, 'carol')
      general = (await channelId(carol.client, 'carol', 'general', community.server)) as ChannelId
      await befriend(alice, bob)
      await befriend(bob, carol)
      await befriend(alice, carol)
      dm = await openDm(alice, bob)
      group = (await carol.call(dmCreate, { members: ['alice', 'bob'] })).channel
      for (const one of [alice, bob]) await one.client.waitFor(({ text }) => text.includes(group))
      for (const one of [alice, bob, carol]) {
        const channels = one === carol ? [general, group] : [general, group, dm]
        await one.client.subscribe(channels.flatMap((id) => [`c/${id}/events`, `c/${id}/lines`, `c/${id}/typing`]))
      }
      for (const id of [general, group, dm]) {
        said.set(id, { alices: await say(alice, id, 'from alice'), bobs: await say(bob, id, 'from bob') })
        edits.set(id, await say(bob, id, 'edited later'))
      }
      for (const id of [general, group, dm]) await alice.call(readMark, { channel: id })
      await alice.client.subscribe(`s/${community.server}/#`)
      await blockFor(alice, bob)
    })
    after(() => community[Symbol.asyncDispose]())

    const say = async (one: Someone, channel: ChannelId, body: string): Promise<EventId> => {
      await one.client.publish(`c/${channel}/send`, JSON.stringify({ body, id: body.replaceAll(' ', '-') + channel }))
      const { events } = await one.call(history, { channel, limit: 1 })
      assert.equal(events[0]?.body, body)
      return events[0].id
    }
    const bobs = (channel: ChannelId): EventId => said.get(channel)!.bobs
    const alices = (channel: ChannelId): EventId => said.get(channel)!.alices

    /** What Bob does, seen by a witness who does not block him: only then it is over. */
    const kinds: readonly (readonly [string, (channel: ChannelId) => Promise<unknown>, RegExp | undefined])[] = [
      ['a message', (id) => bob.client.publish(`c/${id}/send`, '{"body":"kind: message"}'), /kind: message/],
      ['a text', (id) => bob.client.publish(`c/${id}/say`, 'kind: text'), /kind: text/],
      ['a mention', (id) => bob.client.publish(`c/${id}/say`, 'kind: mention @alice'), /kind: mention/],
      [
        'a reply in a thread',
        (id) =>
          bob.client.publish(
            `c/${id}/send`,
            JSON.stringify({ body: 'kind: reply', thread: alices(id), replyTo: alices(id) }),
          ),
        /kind: reply/,
      ],
      ['an edit', (id) => bob.call(messageEdit, { channel: id, target: bobs(id), body: 'kind: edit' }), /kind: edit/],
      [
        'a late edit',
        (id) => bob.call(messageEdit, { channel: id, target: edits.get(id)!, body: 'kind: late' }),
        /kind: late/,
      ],
      ['a reaction', (id) => bob.call(messageReact, { channel: id, target: alices(id), emoji: '👍' }), /"react"/],
      ['its end', (id) => bob.call(messageUnreact, { channel: id, target: alices(id), emoji: '👍' }), /"unreact"/],
      ['another', (id) => bob.call(messageReact, { channel: id, target: alices(id), emoji: '👎' }), /👎/],
      ['a forward', (id) => bob.call(messageForward, { channel: id, target: alices(id), to: id }), /"forwarded"/],
      ['typing', (id) => bob.client.publish(`c/${id}/typing`, ''), /"name":"bob"/],
      ['a deletion', (id) => bob.call(messageDelete, { channel: id, target: bobs(id) }), /"delete"/],
    ]
    const places = [
      ['a DM', () => dm],
      ['a group', () => group],
      ['a channel of a server', () => general],
    ] as const

    for (const [where, channel] of places) {
      for (const [what, act, isSeen] of kinds) {
        it(`threat 40: in ${where}: ${what} is done and does not reach who blocks`, async () => {
          const witness = channel() === dm ? bob : carol
          const before = (await alice.flushed()).length
          const seen = witness.client.received.length
          await act(channel())
          await witness.client.waitFor(
            ({ topic, text }) =>
              topic.startsWith(`c/${channel()}/`) &&
              isSeen?.test(text) === true &&
              witness.client.received.findIndex((one) => one.text === text && one.topic === topic) >= seen - 1,
          )
          assert.deepEqual(news(await alice.flushed(), before), [])
          const errors = (await bob.flushed()).filter(({ topic }) => topic === 'u/bob/errors')
          assert.deepEqual(errors, [])
        })
      }

      it(`threat 40: ${where}: nothing of it is read later`, async () => {
        const { events } = await alice.call(history, { channel: channel() })
        const texts = JSON.stringify(events)
        assert.ok(!texts.includes('kind: ') && !texts.includes('👎') && !texts.includes('forwarded'), texts)
        assert.ok(texts.includes('from alice'))
        const thread = await alice.call(threadShow, { channel: channel(), thread: alices(channel()) })
        assert.deepEqual(thread.events, [])
        const edited = alice.call(messageHistory, { channel: channel(), target: edits.get(channel())! })
        assert.deepEqual(
          (await edited).versions.map(({ body }) => body),
          ['edited later'],
        )
      })
    }

    it('threat 40: friend requests, DMs and groups come from nobody who is blocked, and he is told the same as ever', async () => {
      const before = (await alice.flushed()).length
      assert.equal((await bob.call(friendRequest, { address: 'alice' })).standing, 'friend')
      assert.equal((await bob.call(dmOpen, { address: 'alice' })).channel, dm)
      const { channel: another } = await bob.call(dmCreate, { members: ['alice', 'carol'] })
      const { channel: third } = await bob.call(dmCreate, { members: ['carol'] })
      await bob.call(dmAdd, { channel: third, address: 'alice' })
      await bob.client.publish(`c/${another}/say`, 'psst')
      assert.deepEqual(news(await alice.flushed(), before), [])
      const listed = (await alice.call(dmList, {})).conversations.map(({ channel }) => channel)
      assert.deepEqual(new Set(listed), new Set([group, dm, ...listed.filter((id) => id !== another && id !== third)]))
      assert.ok(!listed.includes(another) && !listed.includes(third))
      assert.deepEqual(
        (await bob.call(friendList, {})).friends.map(({ name, standing }) => `${name} ${standing}`),
        ['alice friend', 'carol friend'],
      )
      assert.deepEqual(
        (await alice.call(friendList, {})).friends.map(({ name }) => name),
        ['carol'],
      )
    })

    it('FRIEND-9: threat 40: blocked is offline, both ways', async () => {
      const online = async (one: Someone): Promise<string[]> =>
        (await one.call(who, { channel: general })).online.map(({ address }) => address.split('@')[0]!)
      assert.deepEqual(await online(bob), ['bob', 'carol'])
      assert.deepEqual(await online(alice), ['alice', 'carol'])
      assert.deepEqual(await online(carol), ['alice', 'bob', 'carol'])
      const last = (one: Someone, of: string) =>
        one.client.received.findLast(({ topic }) => topic === `u/${of}/presence`)?.text ?? ''
      await bob.flushed()
      assert.match(last(bob, 'alice'), /"offline"/)
      const before = (await alice.flushed()).length
      await bob.client.publish('u/bob/presence', '{"status":"dnd"}')
      await carol.client.waitFor(({ topic, text }) => topic === 'u/bob/presence' && text.includes('dnd'))
      await alice.client.publish('u/alice/presence', '{"status":"dnd"}')
      await carol.client.waitFor(({ topic, text }) => topic === 'u/alice/presence' && text.includes('dnd'))
      assert.ok(!news(await alice.flushed(), before).some((line) => line.startsWith('u/bob/')))
      assert.match(last(bob, 'alice'), /"offline"/)
      await bob.client.subscribe('u/alice/presence')
      await bob.flushed()
      assert.match(last(bob, 'alice'), /"offline"/)
    })

    it('threat 40: a session that was away is replayed nothing of it', async () => {
      const from = (await carol.call(catchup, {})).to
      const options =
        version === 5 ? { clean: false, properties: { sessionExpiryInterval: 600 } } : { clean: false as const }
      const device = { clientId: 'alice-phone', version, options }
      const phone = await community.enter('alice', device)
      await phone.subscribe([`c/${general}/events`, `c/${group}/events`])
      await phone.drop()
      await bob.client.publish(`c/${general}/say`, 'while away 1')
      await bob.client.publish(`c/${group}/say`, 'while away 2')
      await carol.client.publish(`c/${group}/say`, 'while away 3')
      await using back = await community.enter('alice', device)
      await back.waitFor(({ text }) => text.includes('while away 3'))
      assert.ok(!back.received.some(({ text }) => /while away [12]/.test(text)))
      const caught = JSON.stringify((await alice.call(catchup, { from })).events)
      assert.ok(caught.includes('while away 3') && !/while away [12]/.test(caught))
    })

    it('FRIEND-8: unblocked, what was said meanwhile stays unseen, what is said then arrives; a DM needs a new friendship', async () => {
      await alice.call(unblock, { address: 'bob' })
      const texts = JSON.stringify((await alice.call(history, { channel: group })).events)
      assert.ok(!texts.includes('kind: '), texts)
      await bob.client.publish(`c/${general}/say`, 'hello again')
      await alice.client.waitFor(({ text }) => text.includes('hello again'))
      await assert.rejects(bob.call(dmOpen, { address: 'alice' }), { code: 'NOT_FRIEND' })
      await befriend(bob, alice)
      await bob.client.publish(`c/${dm}/say`, 'friends again')
      await alice.client.waitFor(({ topic, text }) => topic === `c/${dm}/events` && text.includes('friends again'))
    })
  })
}

/** What arrived beside answers; no news are that nothing is unread, and that one's own block has emptied the inbox. */
const news = (received: readonly Received[], from: number): string[] =>
  received
    .slice(from)
    .map(({ topic, text }) => `${topic} ${text}`)
    .filter(
      (line) => !line.startsWith('u/alice/reply ') && !line.includes('"type":"dismissed"') && !isNothingUnread(line),
    )

const isNothingUnread = (line: string): boolean =>
  line.startsWith('u/alice/inbox {"type":"unread"') && !/"(?:unread|mentions)":[1-9]/.test(line)
