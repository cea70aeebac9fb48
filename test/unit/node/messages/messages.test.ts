import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createLog } from '../../../../node/log/create-log.ts'
import type { Draft, Entry } from '../../../../node/log/log.ts'
import { encodeAnnotation, type Annotation } from '../../../../spec/annotations.ts'
import { messageDelete } from '../../../../spec/calls/message.delete.ts'
import { messageEdit } from '../../../../spec/calls/message.edit.ts'
import { messageHistory } from '../../../../spec/calls/message.history.ts'
import { messagePin } from '../../../../spec/calls/message.pin.ts'
import { messageReact } from '../../../../spec/calls/message.react.ts'
import { threadShow } from '../../../../spec/calls/thread.show.ts'
import { threadUnfollow } from '../../../../spec/calls/thread.unfollow.ts'
import type { ChannelId, EventId } from '../../../../spec/ids.ts'
import { limits } from '../../../../spec/limits.ts'
import type { EventJson } from '../../../../spec/message.ts'
import { createWantedDeletes } from '../../../../node/messages/wanted-deletes.ts'
import { as, named } from '../servers/fixture.ts'
import { openHomeNode, openNode, replicate, until, type Node } from './fixture.ts'

const edit = (target: EventId, text: string): Annotation => ({ type: 'edit', target, text, mentions: [] })
const react = (target: EventId, emoji: string): Annotation => ({ type: 'react', target, emoji })

/** What the author of a message says to delete it, without a node that acts on it. */
const deletion = ({ id, member, auth }: Entry, channel: ChannelId): Draft => ({
  channel,
  member,
  auth,
  type: 'delete',
  body: encodeAnnotation({ type: 'delete', target: id }),
})

/** What all nodes must agree on. */
const agreed = (events: readonly EventJson[]): unknown[] =>
  events.map(({ position: _position, asOf: _asOf, reactions, ...event }) => ({
    ...event,
    reactions: reactions?.map(({ emoji, count }) => ({ emoji, count })),
  }))

/** The governance of a server, at another node. */
const follow = async (home: Node & { general: ChannelId }, deletesKeptMax?: number): Promise<Node> => {
  const other = await openNode({}, 'away.example', deletesKeptMax)
  const governance = home.servers.serverByHandle('home')?.governance ?? assert.fail('no server')
  await replicate(home, other, { channel: governance })
  return other
}

describe('what becomes of messages', () => {
  it('MSGS-8: what its author has no right to counts nowhere and is shown to nobody', async () => {
    await using home = await openHomeNode()
    const { general } = home
    const { id } = await home.say('alice', general, 'mine')
    const before = home.events().length
    await home.annotate('bob', general, edit(id, 'not yours'))
    await home.annotate('bob', general, { type: 'delete', target: id })
    await home.annotate('bob', general, { type: 'pin', target: id })
    await home.annotate('bob', general, react('01a31858-8d00-7000-8aaa-aaaaaaaaaaaa' as EventId, '👍'))
    await home.annotate('mona', general, edit(id, 'moderated'))
    await home.annotate('bob', general, react(id, '👍'))
    await home.messages.settled()
    const [message] = await home.history('alice', general)
    assert.deepEqual(
      [message?.body, message?.deleted, message?.edited, message?.pinned],
      ['mine', undefined, undefined, undefined],
    )
    assert.deepEqual(message?.reactions, [{ emoji: '👍', count: 1 }])
    await until(() => home.events().length > before)
    assert.deepEqual(
      home
        .events()
        .slice(before)
        .map(({ type }) => type),
      ['react'],
    )
    await home.annotate('mona', general, { type: 'delete', target: id })
    await home.messages.settled()
    assert.equal((await home.log.get(id))?.body, undefined)
  })

  it('MSGS-8: a moderator who is kicked takes nothing back; what comes after the cut counts nowhere', async () => {
    await using home = await openHomeNode()
    const { general, servers } = home
    const server = servers.serverByHandle('home')?.id ?? assert.fail('no server')
    const pinned = await home.say('alice', general, 'the rules')
    await home.annotate('mona', general, { type: 'pin', target: pinned.id }, 'manageMessages')
    await servers.editRole(as('owner'), server, 'moderator', { permissions: ['read', 'send'] })
    await assert.rejects(
      home
        .call('mona', messagePin, { channel: general, target: pinned.id })
        .then(() => home.call('mona', messageDelete, { channel: general, target: pinned.id })),
      named('NOT_ALLOWED', /manageMessages/),
    )
    assert.equal((await home.history('alice', general))[0]?.pinned, true)
    await servers.kick(as('owner'), server, 'mona')
    assert.equal((await home.history('alice', general))[0]?.pinned, true)
  })

  it('MSGS-10: a deleted text is gone from the log, with its edits, and an edit that comes late', async () => {
    await using home = await openHomeNode()
    const { general } = home
    const { id } = await home.say('alice', general, 'secret one')
    await home.call('alice', messageEdit, { channel: general, target: id, body: 'secret two' })
    await home.call('alice', messageDelete, { channel: general, target: id })
    await home.annotate('alice', general, edit(id, 'secret three'))
    await home.messages.settled()
    const { entries } = await home.log.since(new Set([general]), 0, 100)
    assert.ok(entries.every(({ raw }) => !Buffer.from(raw).includes('secret')))
    assert.deepEqual(await home.log.redactionsWanted(), [])
    assert.deepEqual(await home.log.verify(), [])
    await assert.rejects(home.call('alice', messageHistory, { channel: general, target: id }), named('NOT_FOUND'))
  })

  it('MSGS-10: who read a message before its body was gone does not show it afterwards', async () => {
    await using home = await openHomeNode()
    const { general } = home
    const message = await home.say('alice', general, 'secret')
    assert.equal(home.messages.isDeleted(message), false)
    await home.call('alice', messageDelete, { channel: general, target: message.id })
    await home.messages.settled()
    assert.notEqual(message.body, undefined)
    assert.equal(home.messages.isDeleted(message), true)
  })

  it('MSGS-7: nodes agree whatever order the events come in, and deleted texts are gone at each', async () => {
    const step = fc.record({
      who: fc.constantFrom('alice', 'bob', 'mona'),
      what: fc.constantFrom('say', 'say', 'answer', 'edit', 'delete', 'react', 'react', 'unreact', 'pin', 'unpin'),
      about: fc.nat(7),
      emoji: fc.constantFrom('👍', '🔥'),
    })
    const reached = { deleted: 0, late: 0, replies: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 4, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, size) => {
          await using home = await openHomeNode()
          const { general } = home
          const said: Entry[] = [await home.say('alice', general, 'first secret')]
          for (const [i, { who, what, about, emoji }] of steps.entries()) {
            const target = said[about % said.length]?.id ?? assert.fail('nothing said')
            if (what === 'say') said.push(await home.say(who, general, `secret ${i}`))
            else if (what === 'answer') said.push(await home.say(who, general, `secret ${i}`, target))
            else {
              const annotation = {
                type: what,
                target,
                emoji,
                text: `secret ${i}`,
                mentions: [],
              } as unknown as Annotation
              await home.annotate(who, general, annotation)
            }
          }
          await home.messages.settled()
          const expected = agreed(await home.history('owner', general))
          for (const [newestFirst, keptMax] of [
            [false, undefined],
            [true, undefined],
            [true, 1],
          ] as const) {
            await using other = await follow(home, keptMax)
            await replicate(home, other, { channel: general, size, newestFirst })
            await other.messages.settled()
            const { events } = await other.messages.page('nobody' as never, general, {}, 200)
            assert.deepEqual(agreed(events), expected)
            const { entries } = await other.log.since(new Set([general]), 0, 1_000)
            for (const { id, deleted } of events) {
              if (deleted !== true) continue
              reached.deleted++
              assert.equal(entries.find((entry) => entry.id === id)?.body, undefined)
            }
            assert.deepEqual(await other.log.verify(), [])
            if (newestFirst && events.some(({ edited }) => edited !== undefined)) reached.late++
            if (events.some(({ replies }) => replies !== undefined)) reached.replies++
          }
        },
      ),
      { numRuns: 25 },
    )
    assert.ok(
      Object.values(reached).every((times) => times > 0),
      JSON.stringify(reached),
    )
  }).timeout(20_000)

  it('MSGS-17: a message that comes after what is about it is announced as it is now', async () => {
    await using home = await openHomeNode()
    const { general } = home
    const message = await home.say('alice', general, 'helo')
    const doomed = await home.say('alice', general, 'secret')
    await home.annotate('alice', general, edit(message.id, 'hello'))
    await home.annotate('bob', general, react(message.id, '👍'))
    await using other = await follow(home)
    await home.log[Symbol.asyncDispose]()
    // a feed of its own, which comes first; and nobody here takes the body away
    await using source = await createLog(home.parts)
    const [upTo] = source.feeds(general)
    await source.append(deletion(doomed, general))
    await replicate({ log: source, parts: home.parts }, other, {
      channel: general,
      only: (feed) => feed !== upTo?.feed,
    })
    await replicate({ log: source, parts: home.parts }, other, { channel: general, size: 2, newestFirst: true })
    await other.messages.settled()
    await until(() => other.events().length >= 2)
    const [first, second] = other.events()
    assert.deepEqual([first?.body, first?.reactions?.[0]?.count, first?.asOf !== undefined], ['hello', 1, true])
    assert.deepEqual([second?.deleted, second?.body], [true, undefined])
    assert.ok(other.announced.every(({ text }) => !text.includes('secret')))
  })

  it('a crash between a delete and the loss of its body is made good at the next start', async () => {
    await using home = await openHomeNode()
    const { general } = home
    const { id } = await home.say('alice', general, 'secret')
    await home.messages.settled()
    await home.log[Symbol.asyncDispose]()
    const bare = await createLog(home.parts)
    await bare.append(deletion((await bare.get(id)) ?? assert.fail('not there'), general))
    await bare[Symbol.asyncDispose]()
    await using again = await openNode(home.parts)
    assert.equal((await again.log.get(id))?.body, undefined)
    assert.equal((await again.history('alice', general))[0]?.deleted, true)
  })

  it('counts stay right while a message with many reactions is kept in memory', async () => {
    await using home = await openHomeNode()
    const { general } = home
    const { id } = await home.say('alice', general, 'popular')
    const toggle = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        await home.annotate('bob', general, { type: i % 2 === 0 ? 'react' : 'unreact', target: id, emoji: '👍' })
      }
    }
    await toggle(99)
    assert.deepEqual((await home.history('bob', general))[0]?.reactions, [{ emoji: '👍', count: 1, me: true }])
    await home.annotate('mona', general, react(id, '👍'))
    assert.deepEqual((await home.history('bob', general))[0]?.reactions, [{ emoji: '👍', count: 2, me: true }])
    await home.annotate('bob', general, { type: 'unreact', target: id, emoji: '👍' })
    await home.call('alice', messageEdit, { channel: general, target: id, body: 'very popular' })
    const [message] = await home.history('bob', general)
    assert.deepEqual([message?.body, message?.reactions], ['very popular', [{ emoji: '👍', count: 1 }]])
    assert.equal(message?.asOf, home.log.position)
  })

  it('limits of edits, reactions and pins are QUOTA', async () => {
    await using home = await openHomeNode()
    const { general } = home
    const { id } = await home.say('alice', general, 'x')
    for (let i = 0; i < limits.editsPerMessageMax; i++) await home.annotate('alice', general, edit(id, `edit ${i}`))
    await assert.rejects(
      home.call('alice', messageEdit, { channel: general, target: id, body: 'one more' }),
      named('QUOTA'),
    )
    for (let i = 0; i < limits.reactionsPerMessageMax; i++) {
      await home.call('bob', messageReact, { channel: general, target: id, emoji: String.fromCodePoint(0x1f600 + i) })
    }
    await assert.rejects(home.call('mona', messageReact, { channel: general, target: id, emoji: '🔥' }), named('QUOTA'))
    await home.call('mona', messageReact, { channel: general, target: id, emoji: '\u{1f600}' })
    for (let i = 0; i < limits.pinsPerChannelMax; i++) {
      const { id: rule } = await home.say('alice', general, `rule ${i}`)
      await home.annotate('mona', general, { type: 'pin', target: rule }, 'manageMessages')
    }
    await assert.rejects(home.call('mona', messagePin, { channel: general, target: id }), named('QUOTA'))
    const versions = await home.call('alice', messageHistory, { channel: general, target: id })
    assert.equal(versions.versions.length, 1 + limits.editsPerMessageMax)
  })

  it('MSGS-10: so many deletes that wait are kept in memory; of those that are not, the log is asked', async () => {
    const ids = Array.from(
      { length: 30 },
      (_, n) => `${String(n).padStart(8, '0')}-0000-7000-8000-000000000000` as EventId,
    )
    const [first = assert.fail(), last = assert.fail()] = [ids[0], ids.at(-1)]
    const wanted = createWantedDeletes(5)
    assert.equal(wanted.mayHave(first), false)
    for (const id of ids) for (const by of ids) wanted.add(id, by, { channel: '' } as never)
    assert.equal(wanted.size, 5)
    assert.deepEqual([wanted.of(first).length, wanted.of(last).length], [0, 5])
    assert.ok(wanted.mayHave(first))
    for (const by of ids) wanted.delete(last, by)
    assert.equal(wanted.size, 0)
  })

  it('MSGS-11: answering follows the thread, and whoever left is not brought back', async () => {
    await using home = await openHomeNode()
    const { general } = home
    const root = await home.say('alice', general, 'lunch?')
    await home.say('bob', general, 'pizza', root.id)
    const show = (name: string) => home.call(name, threadShow, { channel: general, thread: root.id })
    await until(async () => (await show('bob')).following)
    await home.call('bob', threadUnfollow, { channel: general, thread: root.id })
    await home.say('bob', general, 'or soup', root.id)
    assert.equal((await show('bob')).following, false)
    await using again = await openNode({ ...home.parts })
    assert.equal((await again.call('bob', threadShow, { channel: general, thread: root.id })).following, false)
  })
})
