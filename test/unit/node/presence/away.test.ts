import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { createAwayPresence, type AwayPeople } from '../../../../node/presence/away.ts'
import { encodeCbor } from '../../../../spec/cbor.ts'
import type { NodeId, UserName } from '../../../../spec/ids.ts'
import { limits } from '../../../../spec/limits.ts'
import { personOf, type Person } from '../../../../spec/person.ts'
import type { PresenceJson } from '../../../../spec/presence.ts'
import { decodePresence, encodePresence, type PresenceWhisper } from '../../../../spec/presence-whisper.ts'
import { createVirtualTime } from '../../federation/virtual-time.ts'

const elm = 'e'.repeat(52) as NodeId
const ash = 'b'.repeat(52) as NodeId
const [bob, fay, mia] = ['bob', 'fay', 'mia'] as UserName[] as [UserName, UserName, UserName]

const says = (user: UserName, what: Partial<PresenceWhisper> = {}): PresenceWhisper => ({
  user,
  status: 'online',
  since: undefined,
  text: undefined,
  until: undefined,
  lastSeen: undefined,
  friends: [],
  hiddenFrom: [],
  profile: undefined,
  ...what,
})

/** Mia shares a server with everybody of elm and ash; Fay is as the test says; they are the two who watch. */
describe('presence of people of other nodes', () => {
  const setUp = (people: Partial<AwayPeople> = {}, connected = 2) => {
    const time = createVirtualTime()
    const told = new Map<UserName, PresenceJson[]>([
      [mia, []],
      [fay, []],
    ])
    const kept = new Map<string, PresenceJson>()
    const names = new Map<NodeId, string>()
    let published = 0
    const asked: NodeId[] = []
    const away = createAwayPresence({
      clock: time.clock,
      later: (task, ms) => time.timers.after(ms, task),
      addressOf: (person) => `${person.slice(0, -53)}@${names.get(person.slice(-52) as NodeId) ?? person.slice(-52)}`,
      people: {
        isMemberAnywhere: () => true,
        friendsHere: () => new Set([fay]),
        sharesServerWith: (viewer) => viewer === mia,
        maySeePerson: () => true,
        blocks: () => false,
        ...people,
      },
      publish: (presence, { isHiddenFrom, keeps }) => {
        published++
        for (const [viewer, seen] of told) if (!isHiddenFrom(viewer)) seen.push(presence)
        if (keeps === true) kept.set(presence.user, presence)
        if (keeps === false) kept.delete(presence.user)
        return true
      },
      ask: (node) => void asked.push(node),
      connectedCount: () => connected,
    })
    const statuses = (viewer: UserName): string[] => (told.get(viewer) ?? []).map(({ status }) => status)
    return { away, time, told, kept, names, asked, statuses, count: () => published }
  }
  const bobs = personOf(bob, elm)

  it('PROF-13: a node that is gone leaves its people offline after the lease, and not before', async () => {
    const { away, time, statuses, kept } = setUp()
    away.met(elm)
    away.heard(elm, says(bob))
    away.heard(ash, says(bob))
    await time.pass(0)
    away.lost(elm)
    await time.pass(limits.presenceLeaseMs - 1)
    assert.deepEqual(statuses(mia), ['online', 'online'])
    assert.deepEqual(away.seenBy(mia, bobs)?.status, 'online')
    await time.pass(2)
    assert.deepEqual(statuses(mia), ['online', 'online', 'offline'])
    assert.equal(away.seenBy(mia, bobs), undefined)
    assert.deepEqual(away.present(), [personOf(bob, ash)])
    assert.deepEqual([...kept.keys()], [`bob@${ash}`])
  })

  it('PROF-13: a node that comes back says who is here; of whom it says nothing is offline, the others saw no gap', async () => {
    const { away, time, told } = setUp()
    away.met(elm)
    away.heard(elm, says(bob))
    away.heard(elm, says(fay))
    await time.pass(0)
    away.lost(elm)
    await time.pass(limits.presenceLeaseMs - 1)
    away.met(elm)
    await time.pass(limits.presenceLeaseMs - 1)
    away.heard(elm, says(bob))
    await time.pass(10_000)
    assert.deepEqual(
      told.get(mia)?.map(({ user, status }) => `${user.slice(0, 3)} ${status}`),
      ['bob online', 'fay online', 'fay offline'],
    )
  })

  it('PROF-14: friends see by what both say; a block and an end of friendship are told once, to whom it concerns', async () => {
    const { away, time, statuses } = setUp()
    away.heard(elm, says(bob, { friends: [fay] }))
    await time.pass(1_000)
    assert.deepEqual([statuses(mia), statuses(fay)], [['online'], ['online']])
    away.heard(elm, says(bob, { friends: [] }))
    await time.pass(1_000)
    assert.deepEqual([statuses(mia), statuses(fay)], [['online'], ['online', 'offline']])
    away.heard(elm, says(bob, { friends: [], status: 'dnd', hiddenFrom: [mia] }))
    await time.pass(1_000)
    assert.deepEqual(
      [statuses(mia), statuses(fay)],
      [
        ['online', 'offline'],
        ['online', 'offline'],
      ],
    )
    assert.equal(away.seenBy(mia, bobs), undefined)
    away.heard(elm, says(bob, { friends: [fay], status: 'dnd' }))
    await time.pass(1_000)
    assert.deepEqual([statuses(mia).at(-1), statuses(fay).at(-1)], ['dnd', 'dnd'])
    away.heard(elm, says(bob, { status: 'offline' }))
    await time.pass(1_000)
    assert.deepEqual([statuses(mia).at(-1), statuses(fay).at(-1)], ['offline', 'offline'])
    const before = [statuses(mia).length, statuses(fay).length]
    away.heard(elm, says(bob, { status: 'offline', friends: [fay] }))
    await time.pass(1_000)
    assert.deepEqual([statuses(mia).length, statuses(fay).length], before)
  })

  it('PROF-14: whoever blocks the person here sees nothing', async () => {
    const blocked = new Set<UserName>([mia])
    const { away, time, statuses } = setUp({ blocks: (viewer) => blocked.has(viewer) })
    away.heard(elm, says(bob, { friends: [fay, mia] }))
    await time.pass(0)
    assert.deepEqual([statuses(mia), statuses(fay)], [[], ['online']])
    blocked.clear()
    away.show(mia, bobs, true)
    assert.deepEqual(statuses(mia), ['online'])
    blocked.add(mia)
    away.show(mia, bobs, false)
    assert.deepEqual(statuses(mia), ['online', 'offline'])
    assert.deepEqual(statuses(fay), ['online'])
  })

  it('PROF-14: nothing is kept of whom nobody here knows, and of one node no more than its share', async () => {
    const known = (person: Person): boolean => !person.startsWith('stranger')
    const { away, time, kept } = setUp({ isMemberAnywhere: known, friendsHere: () => new Set() })
    away.heard(elm, says('stranger' as UserName))
    for (let i = 0; i < limits.presencePeopleOfNodeMax + 10; i++) away.heard(elm, says(`u${i}` as UserName))
    away.heard(ash, says(bob))
    assert.equal(away.present().length, limits.presencePeopleOfNodeMax + 1)
    for (let i = 0; i < limits.presencePeopleOfNodeMax; i++) {
      away.heard(elm, says(`u${i}` as UserName, { status: 'offline' }))
    }
    await time.pass(1_000)
    assert.deepEqual([...kept.keys()], [`bob@${ash}`])
    for (let node = 0; node < 8; node++) {
      const home = `${node + 2}`.repeat(52) as NodeId
      for (let i = 0; i < limits.presencePeopleOfNodeMax; i++) away.heard(home, says(`u${i}` as UserName))
    }
    assert.equal(away.present().length, limits.presencePeopleAwayMax)
  })

  it('SYNC-20: what was said too early is asked for again, once there may be more to know', async () => {
    const friends = new Set<Person>()
    const { away, time, asked, statuses } = setUp({
      isMemberAnywhere: () => false,
      friendsHere: (person) => new Set(friends.has(person) ? [fay] : []),
    })
    away.heard(elm, says(bob, { friends: [fay] }))
    away.lookAgain()
    await time.pass(1_000)
    assert.deepEqual([asked, statuses(fay)], [[elm], []])
    away.lookAgain()
    await time.pass(5_000)
    assert.equal(asked.length, 1)
    away.heard(elm, says(bob, { friends: [fay] }))
    friends.add(bobs)
    away.show(fay, bobs, true)
    away.lookAgain()
    await time.pass(1_000)
    assert.equal(asked.length, 2)
    away.heard(elm, says(bob, { friends: [fay] }))
    await time.pass(1_000)
    assert.deepEqual(statuses(fay), ['online'])
    away.heard(elm, says(mia))
    away.lost(elm)
    away.lookAgain()
    await time.pass(5_000)
    assert.equal(asked.length, 2)
  })

  it('PROF-14: a storm of 5,000 is published at the pace of PROF-10, and what was taken back meanwhile is no news', async () => {
    const { away, time, count } = setUp({}, 5_000)
    for (let i = 0; i < 5_000; i++) away.heard(elm, says(`u${i}` as UserName))
    await time.pass(1_000)
    const first = count()
    assert.ok(first >= 20 && first <= 60, String(first))
    for (let i = 0; i < 5_000; i++) away.heard(elm, says(`u${i}` as UserName, { status: 'offline' }))
    await time.pass(600_000)
    assert.equal(count(), 2 * first)
  })

  it('TOPIC-12: with a new domain the old address goes offline', async () => {
    const { away, time, names, kept } = setUp()
    away.heard(elm, says(bob))
    await time.pass(0)
    names.set(elm, 'elm.example')
    away.readdress()
    await time.pass(100)
    assert.deepEqual([...kept.keys()], ['bob@elm.example'])
    assert.equal(away.personAt('bob@elm.example'), bobs)
    assert.equal(away.personAt(`bob@${elm}`), undefined)
  })

  it('PROF-13, PROF-14: in the end each viewer was last told what they may see, and nothing else on the way', async () => {
    const names = fc.subarray([fay, mia]).map((some) => some.sort())
    const whisper = fc.record({
      status: fc.constantFrom('online', 'idle', 'offline'),
      text: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      friends: fc.option(names, { nil: undefined }),
      hiddenFrom: names,
    })
    const step = fc.oneof(
      fc.record({ does: fc.constant('heard' as const), whisper }),
      fc.record({ does: fc.constant('block' as const), viewer: fc.constantFrom(fay, mia) }),
      fc.record({ does: fc.constantFrom('lost' as const, 'met' as const) }),
      fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(0, 50, limits.presenceLeaseMs) }),
    )
    const run = async (steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): Promise<void> => {
      const blocked = new Set<UserName>()
      const { away, time, told } = setUp({ blocks: (viewer) => blocked.has(viewer) })
      const check = (): void => {
        for (const [viewer, seen] of told) {
          const last = seen.at(-1) ?? { status: 'offline', text: undefined }
          const now = away.seenBy(viewer, bobs) ?? { status: 'offline', text: undefined }
          assert.deepEqual([last.status, last.text], [now.status, now.text], viewer)
        }
      }
      for (const one of steps) {
        if (one.does === 'heard') away.heard(elm, says(bob, one.whisper))
        else if (one.does === 'wait') await time.pass(one.ms)
        else if (one.does === 'block') {
          const wasBlocked = blocked.delete(one.viewer)
          if (!wasBlocked) blocked.add(one.viewer)
          const before = told.get(one.viewer)!.length
          away.show(one.viewer, bobs, wasBlocked)
          if (!wasBlocked)
            assert.ok(
              told
                .get(one.viewer)!
                .slice(before)
                .every(({ status }) => status === 'offline'),
            )
        } else away[one.does](elm)
        for (const viewer of blocked) assert.ok((told.get(viewer)!.at(-1)?.status ?? 'offline') === 'offline')
      }
      await time.pass(1_000)
      check()
      await time.pass(2 * limits.presenceLeaseMs)
      check()
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), run), { numRuns: 2_000 })
  })

  it('SYNC-18: what is written is read again, the longest fits, and nothing else is read', () => {
    const whole = says(bob, {
      status: 'idle',
      since: 1,
      text: '🌳'.repeat(128),
      until: 2 ** 53 - 1,
      lastSeen: '2026-11-22',
      friends: Array.from({ length: 50 }, (_, i) => `${i}`.padStart(32, 'a') as UserName).sort(),
      hiddenFrom: Array.from({ length: 50 }, (_, i) => `${i}`.padStart(32, 'b') as UserName).sort(),
      profile: new Uint8Array(8),
    })
    const bytes = encodePresence(whole)
    assert.ok(bytes.length <= 4_096, String(bytes.length))
    assert.deepEqual(decodePresence(bytes), whole)
    assert.deepEqual(
      decodePresence(encodePresence(says(bob, { friends: undefined }))),
      says(bob, { friends: undefined }),
    )
    const odd: Partial<PresenceWhisper>[] = [
      { user: 'Bob' as UserName },
      { user: '__proto__' as UserName },
      { text: 'x'.repeat(129) },
      { text: 'a\u202eb' },
      { since: -1 },
      { lastSeen: 'today' },
      { friends: [mia, fay] },
      { friends: [fay, fay] },
      { hiddenFrom: ['a@b' as UserName] },
      { friends: whole.friends, hiddenFrom: [...whole.hiddenFrom, 'z' as UserName] },
      { profile: new Uint8Array(7) },
      { status: 'invisible' as never },
    ]
    for (const one of odd) assert.equal(decodePresence(encodePresence(says(bob, one))), undefined, JSON.stringify(one))
    const item = fc.oneof(
      fc.constantFrom(0, 1, 3, 4, null, 'bob', '2026-11-22', true),
      fc.array(fc.constantFrom('fay', 'mia', 'Bob', 7)),
      fc.uint8Array({ maxLength: 9 }),
    )
    fc.assert(
      fc.property(fc.array(item, { maxLength: 10 }), (items) => {
        const read = decodePresence(encodeCbor(items))
        if (read !== undefined) assert.deepEqual(decodePresence(encodePresence(read)), read)
      }),
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => decodePresence(noise) === undefined || true))
  })
})
