import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { readMentions } from '../../../../node/inbox/mentions.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import { rootOf } from '../../../../node/messages/states.ts'
import { createFollows } from '../../../../node/messages/follows.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { ChannelId, EventId } from '../../../../spec/ids.ts'
import type { InboxMessage } from '../../../../spec/inbox.ts'
import { limits } from '../../../../spec/limits.ts'
import { formatUuid } from '../../../../spec/uuid.ts'
import { channelId, components, createKeys, memberId } from '../log/fixture.ts'
import { messageBody, names, openHouse, user, type House } from './fixture.ts'

const bob = user('bob')
const carol = user('carol')

const told = (house: House, who: string): string[] =>
  house.sent.flatMap(({ user: name, message }) => (name === who ? [message.type] : []))
const last = (house: House, who: string): InboxMessage | undefined =>
  house.sent.findLast(({ user: name }) => name === who)?.message

const open = async (): Promise<{ house: House; general: ChannelId; root: EventId }> => {
  const house = await openHouse()
  const [general] = house.channels
  assert.ok(general)
  const root = await house.say('alice', general, 'lunch?')
  return { house, general, root: root.id }
}

const counts = async (house: House, who: string): Promise<number[][]> =>
  (await house.inbox.threadRows(user(who), undefined)).map(({ unread, mentions }) => [unread, mentions])

describe('threads', () => {
  it('INBOX-14: answers count in the thread for those who follow it, and not in the channel', async () => {
    const { house, general, root } = await open()
    await house.inbox.mark(bob, general, { unread: false })
    await house.say('bob', general, 'pizza', [], root)
    await house.say('carol', general, 'soup', [house.mention('bob')], root)
    await house.inbox.settled()
    assert.deepEqual(await counts(house, 'alice'), [[2, 0]], 'who began it follows from the first answer on')
    assert.deepEqual(await counts(house, 'bob'), [[1, 1]])
    assert.deepEqual(await counts(house, 'carol'), [[0, 0]], 'whoever answers has read what is above')
    const [row] = await house.inbox.rows(bob, [general])
    assert.deepEqual([row?.unread, row?.mentions], [0, 0])
  })

  it('INBOX-14: a marker of its own, told to the other devices, forward only unless told to go back, kept over a kill -9', async () => {
    const { house, general, root } = await open()
    const at = { channel: general, thread: root }
    await house.follows.follow(bob, { ...at, position: house.log.position })
    const answers = []
    for (let i = 0; i < 4; i++) answers.push(await house.say('alice', general, `${i}`, [], root))
    await house.inbox.settled()
    const read = await house.inbox.markThread(bob, at, { event: answers[1]!.id, unread: false })
    assert.equal(read.unread, 2)
    assert.deepEqual(last(house, 'bob'), {
      type: 'thread.read',
      ...at,
      position: answers[1]!.position,
      unread: 2,
      mentions: 0,
      more: false,
    })
    await house.inbox.markThread(bob, at, { position: 1, unread: false })
    assert.deepEqual(await counts(await house.restart(), 'bob'), [[2, 0]])
    await house.inbox.markThread(bob, at, { event: answers[0]!.id, unread: true })
    assert.deepEqual(await counts(await house.restart(), 'bob'), [[4, 0]])
    await assert.rejects(house.inbox.markThread(carol, at, { unread: false }), named('NOT_FOUND'))
  })

  it('MSGS-11: who is named in a thread follows it; who left is not brought back, nor one by somebody they block', async () => {
    const { house, general, root } = await open()
    const at = { channel: general, thread: root }
    await house.say('alice', general, 'what do you say', [house.mention('bob')], root)
    await house.inbox.settled()
    assert.deepEqual(await counts(house, 'bob'), [[1, 1]])
    assert.deepEqual(await counts(house, 'carol'), [])
    await house.follows.unfollow(bob, at)
    await house.say('alice', general, 'hello?', [house.mention('bob')], root)
    await house.inbox.settled()
    assert.deepEqual(await counts(house, 'bob'), [])
    house.blocked.add(house.members.get(user('alice'))!)
    await house.say('alice', general, 'you too', [house.mention('carol')], root)
    await house.inbox.settled()
    assert.deepEqual(await counts(house, 'carol'), [])
  })

  it('INBOX-8, INBOX-9: of a thread that one follows all notifies; its own level, a mute and none of its channel hold', async () => {
    const { house, general, root } = await open()
    const at = { channel: general, thread: root }
    const say = async (text = 'x'): Promise<string[]> => {
      const before = house.sent.length
      await house.say('alice', general, text, text === 'bob' ? [house.mention('bob')] : [], root)
      await house.inbox.settled()
      return house.sent.slice(before).flatMap(({ user: name, message }) => (name === bob ? [message.type] : []))
    }
    assert.deepEqual(await say(), [], 'nobody but followers')
    await house.follows.follow(bob, { ...at, position: house.log.position })
    assert.deepEqual(await say(), ['thread'])
    assert.deepEqual(await say('bob'), ['mention'], 'once for one message')
    await house.inbox.set(bob, at, { level: 'mentions' })
    assert.deepEqual([await say(), await say('bob')], [[], ['mention']])
    await house.inbox.set(bob, at, { level: 'none' })
    assert.deepEqual(await say('bob'), [])
    await house.inbox.set(bob, at, { level: null, mutedUntil: house.clock.ms + 1_000 })
    assert.deepEqual(await say('bob'), [])
    house.clock.ms += 1_001
    assert.deepEqual(await say(), ['thread'])
    await house.inbox.set(bob, { channel: general }, { level: 'none' })
    assert.deepEqual(await say(), [])
    await house.inbox.set(bob, at, { level: 'all' })
    assert.deepEqual(await say(), ['thread'])
    await house.follows.unfollow(bob, at)
    assert.deepEqual(await say(), ['notify'], 'all of a thread that one does not follow')
  })

  it('INBOX-6: counts of threads are told as they change, once for many answers, and when one is deleted', async () => {
    const { house, general, root } = await open()
    await house.follows.follow(bob, { channel: general, thread: root, position: house.log.position })
    await house.inbox.set(bob, { channel: general, thread: root }, { level: 'mentions' })
    await house.later()
    house.sent.splice(0)
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await house.say('alice', general, `${i}`, [], root))
    house.clock.ms += 10_000
    await house.later()
    assert.deepEqual(last(house, 'bob'), {
      type: 'thread.unread',
      threads: [{ channel: general, thread: root, unread: 5, mentions: 0, more: false }],
    })
    assert.deepEqual(told(house, 'bob'), ['thread.unread'])
    await house.log.redact(answers[0]!.id, answers[0]!.id)
    house.clock.ms += 10_000
    await house.later()
    const message = last(house, 'bob')
    assert.ok(message?.type === 'thread.unread' && 'threads' in message)
    assert.equal((message.threads as { unread: number }[])[0]?.unread, 4)
  })

  it('INBOX-14: of a long thread the newest answers are looked at, and one that is read costs no "more"', async () => {
    const house = await openHouse({ windowMax: 10 })
    const [general] = house.channels
    assert.ok(general)
    const root = await house.say('alice', general)
    const at = { channel: general, thread: root.id }
    await house.follows.follow(bob, { ...at, position: 0 })
    const answers: { readonly position: number }[] = []
    for (let i = 0; i < 15; i++) answers.push(await house.say('alice', general, 'x', [], root.id))
    const look = async (where: House): Promise<unknown[]> => {
      const [row] = await where.inbox.threadRows(bob, [general])
      return [row?.unread, row?.more]
    }
    assert.deepEqual(await look(house), [10, true])
    await house.follows.mark(bob, at, () => answers[11]!.position)
    assert.deepEqual(await look(await house.restart()), [3, false])
    await house.follows.mark(bob, at, () => answers[14]!.position)
    await house.say('alice', general, 'elsewhere')
    assert.deepEqual(await look(await house.restart()), [0, false])
  })

  it('MSGS-11: so many threads are followed and QUOTA past them; as many that were left are remembered', async () => {
    const store = createMemoryStore()
    const follows = await createFollows(store)
    const channel = channelId()
    const at = (n: number) => ({
      channel,
      thread: formatUuid(Buffer.from(n.toString(16).padStart(32, '0'), 'hex')) as EventId,
    })
    for (let n = 0; n < limits.threadsFollowedMax; n++) await follows.follow(bob, { ...at(n), position: 1 })
    await assert.rejects(follows.follow(bob, { ...at(5_000), position: 1 }), named('QUOTA'))
    assert.equal(await follows.join(bob, { ...at(5_000), position: 1 }), false)
    await follows.follow(carol, { ...at(5_000), position: 1 })
    for (let n = 0; n <= limits.threadsFollowedMax; n++) await follows.unfollow(bob, at(n))
    assert.equal(
      (await store.entries({ gte: Buffer.alloc(0), lt: Buffer.from([255]) })).length,
      limits.threadsFollowedMax + 1,
    )
    const again = await createFollows(store)
    assert.equal(await again.join(bob, { ...at(1), position: 1 }), false)
    assert.equal(await again.join(bob, { ...at(0), position: 7 }), true, 'the oldest that was left is forgotten')
    assert.deepEqual(again.of(bob), [{ ...at(0), position: 7 }])
    assert.deepEqual(again.followers(at(5_000)), [carol])
  })

  it('INBOX-14: counts equal a count by hand under late, repeated and reordered answers, markers, follows, restarts', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), run), {
      numRuns: 40,
    })
  })
})

const name = fc.constantFrom(...names)
const nth = fc.nat(1)
const mentioned = fc.option(fc.constantFrom('alice', 'bob', 'everyone'), { nil: undefined })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('say' as const), name, nth, mentioned }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('channel' as const), name }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('away' as const), nth, mentioned }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('deliver' as const), from: fc.nat(20), count: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('mark' as const), name, nth, position: fc.nat(60), back: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('follow' as const), name, nth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), name, nth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redact' as const), position: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hide' as const), position: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Markers by `user/thread`, as the rules say; 'left' when they left it. */
type Model = Map<string, number | 'left'>

const run = async (steps: readonly Step[]): Promise<void> => {
  const away = createKeys()
  const awayMember = memberId()
  const awayClock = { ms: 1_000_000 } // half an hour behind: what comes from there is always late
  const elsewhere = await createLog(components({ keys: away, clock: { now: () => awayClock.ms } }))
  const channel = channelId()
  let house = await openHouse({ channels: [channel] })
  const roots = [await house.say('alice', channel, 'a'), await house.say('bob', channel, 'b')]
  const thread = (which: number): EventId => roots[which]!.id
  const model: Model = new Map()
  let looked = house.log.position
  for (const one of steps) {
    house.clock.ms += 10
    awayClock.ms += 7
    if (one.kind === 'say') {
      await house.say(one.name, channel, 'x', mentions(house, one.mentioned), thread(one.nth))
    } else if (one.kind === 'channel') await house.say(one.name, channel)
    else if (one.kind === 'away') {
      const body = messageBody('y', mentions(house, one.mentioned), thread(one.nth))
      await elsewhere.append({ channel, member: awayMember, auth: undefined, type: 'msg', body })
      await elsewhere.seal()
    } else if (one.kind === 'deliver') {
      for (const feed of elsewhere.sealedFeeds()) {
        const known = house.log.feeds().find((here) => here.feed === feed.feed)?.head ?? 0
        const from = Math.max(1, Math.min(known + 1, one.from)) // again, or what is next
        const slice = await elsewhere.slice(feed.feed, from, one.count + 1)
        if (slice !== undefined && slice.events.length > 0) {
          await house.log.appendRemote({ ...slice, seal: slice.seal, publicKey: away.publicKey })
        }
      }
    } else if (one.kind === 'mark') {
      const key = `${one.name}/${thread(one.nth)}`
      const wanted = one.position % (house.log.position + 1)
      const before = model.get(key)
      const at = { channel, thread: thread(one.nth) }
      const marked = house.inbox.markThread(user(one.name), at, { position: wanted, unread: one.back })
      if (typeof before === 'number') {
        await marked
        model.set(key, one.back ? wanted : Math.max(before, wanted))
      } else await assert.rejects(marked, named('NOT_FOUND'))
    } else if (one.kind === 'follow') {
      const key = `${one.name}/${thread(one.nth)}`
      await house.follows.follow(user(one.name), { channel, thread: thread(one.nth), position: house.log.position })
      if (typeof model.get(key) !== 'number') model.set(key, house.log.position)
    } else if (one.kind === 'leave') {
      await house.follows.unfollow(user(one.name), { channel, thread: thread(one.nth) })
      model.set(`${one.name}/${thread(one.nth)}`, 'left')
    } else if (one.kind === 'redact' || one.kind === 'hide') {
      const entry = (await house.log.since(undefined, one.position % (house.log.position + 1), 1)).entries[0]
      if (entry !== undefined && one.kind === 'redact') await house.log.redact(entry.id, entry.id)
      else if (entry !== undefined) {
        house.hidden.add(entry.id)
        house.inbox.judgeAgain()
      }
    } else {
      const { hidden } = house
      house = await house.restart()
      for (const id of hidden) house.hidden.add(id)
      house.inbox.judgeAgain()
    }
    await house.inbox.settled()
    await joinByHand(house, model, { channel, after: looked })
    looked = house.log.position
    await compare(house, model, channel)
  }
}

const mentions = (house: House, who: string | undefined) =>
  who === undefined ? [] : who === 'everyone' ? (['everyone'] as const) : [house.mention(who)]

/** Who follows by what has arrived: whoever answers, began the thread, or is named. */
const joinByHand = async (house: House, model: Model, { channel, after }: { channel: ChannelId; after: number }) => {
  const nameOf = new Map([...house.members].map(([one, member]) => [member, one]))
  const { entries } = await house.log.since(new Set([channel]), after, 10_000)
  for (const entry of entries) {
    const root = rootOf(entry)
    if (root === undefined) continue
    const author = nameOf.get(entry.member)
    const join = (who: string | undefined, position: number): void => {
      if (who !== undefined && !model.has(`${who}/${root}`)) model.set(`${who}/${root}`, position)
    }
    join(author, entry.position)
    const first = await house.log.get(root)
    join(first && nameOf.get(first.member), entry.position - 1)
    const meant = readMentions(entry, () => true) ?? []
    for (const who of names) if (who !== author && meant.includes(house.mention(who))) join(who, entry.position - 1)
  }
}

const compare = async (house: House, model: Model, channel: ChannelId): Promise<void> => {
  const { entries } = await house.log.since(new Set([channel]), 0, 10_000)
  for (const who of names) {
    const me = house.members.get(user(who))
    const rows = new Map((await house.inbox.threadRows(user(who), [channel])).map((row) => [row.thread, row]))
    for (const [key, marker] of model) {
      const [owner, root] = key.split('/') as [string, EventId]
      if (owner !== who) continue
      const row = rows.get(root)
      if (marker === 'left') {
        assert.equal(row, undefined)
        continue
      }
      const said = entries.filter(
        (entry) =>
          entry.position > marker && rootOf(entry) === root && entry.member !== me && !house.hidden.has(entry.id),
      )
      const mine = said.filter((entry) => {
        const meant = readMentions(entry, () => true) ?? []
        return meant.includes(house.mention(who)) || meant.includes('everyone')
      })
      const { position, unread, mentions: mentioning, more } = row ?? assert.fail(`${who} follows ${root}`)
      assert.deepEqual([position, unread, mentioning, more], [marker, said.length, mine.length, false])
    }
    const [row] = await house.inbox.rows(user(who), [channel])
    const outside = entries.filter(
      (entry) => entry.body !== undefined && rootOf(entry) === undefined && entry.member !== me,
    )
    assert.equal(row?.unread, outside.filter(({ id }) => !house.hidden.has(id)).length)
  }
}

const named =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof HearthError && error.code === code
