import assert from 'node:assert/strict'
import { createPace } from '../../../../node/presence/pace.ts'
import { openChoices } from '../../../../node/presence/choices.ts'
import { createPresence } from '../../../../node/presence/presence.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import type { DeviceId, UserName } from '../../../../spec/ids.ts'
import type { PresenceJson } from '../../../../spec/presence.ts'

const alice = 'alice' as UserName
const laptop = 'laptop' as DeviceId
const phone = 'phone' as DeviceId

/** Time that passes when the test says so. */
const createTime = () => {
  let now = Date.parse('2026-11-21T12:00:00Z')
  const tasks: { readonly at: number; readonly task: () => void }[] = []
  return {
    clock: { now: () => now },
    later: (task: () => void, ms: number) => {
      const planned = { at: now + ms, task }
      tasks.push(planned)
      return () => {
        if (tasks.includes(planned)) tasks.splice(tasks.indexOf(planned), 1)
      }
    },
    pass: async (ms: number): Promise<void> => {
      for (const end = now + ms; ;) {
        await new Promise((resolve) => setImmediate(resolve))
        const next = tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        now = next === undefined ? end : Math.max(now, next.at)
        if (next === undefined) return
        tasks.splice(tasks.indexOf(next), 1)
        next.task()
      }
    },
  }
}

describe('presence', () => {
  const setUp = async (store = createMemoryStore()) => {
    const time = createTime()
    const seen: PresenceJson[] = []
    const choices = await openChoices({ store, clock: time.clock, logger: { error: (_, text) => assert.fail(text) } })
    const presence = createPresence({ ...time, choices, changed: (one) => seen.push(one) > 0 })
    return { presence, seen, time, store, statuses: () => seen.map(({ status }) => status) }
  }

  it('PROF-7: is of a person, over all devices: the busiest counts', async () => {
    const { presence, statuses, time } = await setUp()
    presence.connected(alice, laptop)
    presence.connected(alice, phone)
    await time.pass(0)
    await presence.choose(alice, phone, { status: 'idle' })
    await time.pass(0)
    assert.deepEqual(statuses(), ['online'])
    await presence.choose(alice, laptop, { status: 'idle' })
    await time.pass(0)
    assert.deepEqual(statuses(), ['online', 'idle'])
    presence.disconnected(alice, laptop)
    await presence.choose(alice, phone, { status: 'online' })
    await time.pass(0)
    presence.disconnected(alice, phone)
    await time.pass(10_000)
    assert.deepEqual(statuses(), ['online', 'idle', 'online', 'offline'])
    assert.deepEqual(presence.present(), [])
    assert.deepEqual(presence.connectedUsers(), [])
  })

  it('PROF-10: a reconnect within three seconds is told to nobody, a leave is told after them', async () => {
    const { presence, statuses, time } = await setUp()
    presence.connected(alice, laptop)
    await time.pass(0)
    presence.disconnected(alice, laptop)
    await time.pass(2_900)
    assert.deepEqual(presence.present(), [alice])
    presence.connected(alice, laptop)
    await time.pass(10_000)
    presence.disconnected(alice, laptop)
    await time.pass(2_900)
    assert.deepEqual(statuses(), ['online'])
    await time.pass(200)
    assert.deepEqual(statuses(), ['online', 'offline'])
  })

  it('PROF-10: a session that is taken over by the same device is no leave', async () => {
    const { presence, statuses, time } = await setUp()
    presence.connected(alice, laptop)
    presence.connected(alice, laptop)
    presence.disconnected(alice, laptop)
    await time.pass(10_000)
    assert.deepEqual(statuses(), ['online'])
  })

  it('PROF-8: who is invisible is offline to others, and stays so over a restart until taken back', async () => {
    const { presence, seen, time, store } = await setUp()
    presence.connected(alice, laptop)
    await presence.choose(alice, laptop, { status: 'invisible', text: 'hidden' })
    await time.pass(0)
    assert.deepEqual(seen, [])
    assert.deepEqual(presence.present(), [])
    assert.deepEqual(presence.connectedUsers(), [alice])
    assert.equal(presence.isInvisible(alice), true)

    const again = await setUp(store)
    again.presence.connected(alice, laptop)
    await again.time.pass(0)
    assert.deepEqual(again.seen, [])
    await again.presence.choose(alice, laptop, { status: 'dnd' })
    await again.time.pass(0)
    assert.deepEqual(again.statuses(), ['dnd'])
    await again.presence.choose(alice, laptop, { status: 'idle' })
    await again.time.pass(0)
    assert.deepEqual(again.statuses(), ['dnd'], 'a device that idles does not end do-not-disturb')
    await again.presence.choose(alice, laptop, { status: 'online' })
    await again.time.pass(0)
    assert.deepEqual(again.statuses(), ['dnd', 'online'])
  })

  it('PROF-8: a text is shown until its time, and taken away with null', async () => {
    const { presence, seen, time } = await setUp()
    presence.connected(alice, laptop)
    await presence.choose(alice, laptop, { text: 'lunch', until: time.clock.now() + 60_000 })
    await time.pass(0)
    assert.equal(seen.at(-1)?.text, 'lunch')
    await time.pass(59_000)
    assert.equal(seen.length, 1)
    await time.pass(2_000)
    assert.deepEqual([seen.length, seen.at(-1)?.text], [2, undefined])
    await presence.choose(alice, laptop, { text: 'back' })
    await presence.choose(alice, laptop, { status: 'dnd' })
    await time.pass(0)
    assert.deepEqual([seen.at(-1)?.text, seen.at(-1)?.until, seen.at(-1)?.status], ['back', undefined, 'dnd'])
    await presence.choose(alice, laptop, { text: null })
    await time.pass(0)
    assert.equal(seen.at(-1)?.text, undefined)
  })

  it('PROF-9: when somebody was here last is a day, said only by who chose so, and never when invisible', async () => {
    const { presence, seen, time } = await setUp()
    presence.connected(alice, laptop)
    await time.pass(0)
    presence.disconnected(alice, laptop)
    await time.pass(10_000)
    assert.deepEqual(seen.at(-1), { user: alice, status: 'offline' })
    presence.connected(alice, laptop)
    await presence.choose(alice, laptop, { lastSeen: true })
    presence.disconnected(alice, laptop)
    await time.pass(10_000)
    assert.deepEqual(seen.at(-1), { user: alice, status: 'offline', lastSeen: '2026-11-21' })
    await time.pass(48 * 3_600_000)
    presence.connected(alice, laptop)
    await presence.choose(alice, laptop, { status: 'invisible' })
    presence.disconnected(alice, laptop)
    await time.pass(10_000)
    assert.equal(presence.seen(alice).lastSeen, '2026-11-21')
  })

  it('PROF-10: 5,000 who reconnect at once are no news; 5,000 who leave are told at a pace', async () => {
    const { presence, seen, time } = await setUp()
    const users = Array.from({ length: 5_000 }, (_, i) => `u${i}` as UserName)
    for (const user of users) presence.connected(user, laptop)
    await time.pass(600_000)
    assert.equal(seen.length, 5_000)
    seen.length = 0
    for (const user of users) presence.disconnected(user, laptop)
    await time.pass(2_000)
    for (const user of users) presence.connected(user, laptop)
    await time.pass(60_000)
    assert.equal(seen.length, 0)
    for (const user of users.slice(0, 2_500)) presence.disconnected(user, laptop)
    await time.pass(4_000)
    assert.ok(seen.length > 0 && seen.length <= 80, `${seen.length} changes in the first second`)
    for (const user of users) presence.connected(user, laptop)
    const told = seen.length
    await time.pass(60_000)
    assert.ok(seen.length <= 2 * told, 'who came back before it was told is no news')
  })
})

describe('a pace', () => {
  it('runs what comes twice once, at once after a pause, then so many in a second', async () => {
    const time = createTime()
    const done: number[] = []
    const act = (item: number): boolean => done.push(item) > 0
    const pace = createPace<number>({ ...time, act }, { perSecond: () => 10 })
    for (let i = 0; i < 100; i++) pace.add(i % 50)
    await time.pass(0)
    assert.equal(done.length, 10)
    await time.pass(1_000)
    assert.equal(done.length, 20)
    await time.pass(60_000)
    assert.equal(done.length, 50)
    assert.equal(pace.waiting, 0)
  })
})
