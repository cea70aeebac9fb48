import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { sha256 } from '../../../../node/crypto.ts'
import { createConversation, type ActSource, type Conversation } from '../../../../node/friends/conversation.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { groupId, pairId, writeConversationAct, type ConversationAct } from '../../../../spec/conversation.ts'
import { authorKey } from '../../../../spec/governance/names.ts'
import type { EventId, FeedId, MemberId, NodeId, UserName } from '../../../../spec/ids.ts'
import { limits } from '../../../../spec/limits.ts'
import { personOf, splitPerson, type Person } from '../../../../spec/person.ts'

const nodes = [1, 2, 3].map((n) => encodeBase32(new Uint8Array(32).fill(n)) as NodeId)
const [home, away, far] = nodes as [NodeId, NodeId, NodeId]
const feed = encodeBase32(new Uint8Array(16).fill(9)) as FeedId
const [alice, bob, carol] = [
  personOf('alice' as UserName, home),
  personOf('bob' as UserName, away),
  personOf('carol' as UserName, far),
] as [Person, Person, Person]
const memberOf = (person: Person): MemberId => encodeBase32(sha256(Buffer.from(person)).subarray(0, 16)) as MemberId
const idOf = (n: number): EventId => `01a20000-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as EventId

/** Events in the order in which they are made. */
const history = () => {
  const events: ActSource[] = []
  const write = (by: Person, act: ConversationAct, auth?: EventId): EventId => {
    const id = idOf(events.length + 1)
    const { node } = splitPerson(by)
    events.push({
      id,
      node,
      member: memberOf(by),
      feed,
      seq: events.length + 1,
      auth,
      type: act.type,
      body: writeConversationAct(act),
    })
    return id
  }
  return { events, write }
}
const shown = (one: Conversation) => ({
  kind: one.kind,
  owner: one.owner,
  name: one.name,
  people: [...one.people].map(([person, { seat }]) => [person, seat?.auth]),
})
const says = (person: Person, auth: EventId | undefined, seq = 1) => ({
  node: splitPerson(person).node,
  member: memberOf(person),
  auth,
  feed,
  seq,
})

const random = new Uint8Array(16).fill(7)
const group = groupId(sha256, alice, random)
const create: ConversationAct = { type: 'dm.create', random, owner: alice, name: 'Trio', people: [bob] }
const userOf = (person: Person): UserName => splitPerson(person).user

describe('a conversation', () => {
  const pair = pairId(sha256, alice, bob)
  const both = [alice, bob].sort() as [Person, Person]
  const open = (by: Person): ConversationAct => ({ type: 'dm.open', pair: both, user: userOf(by) })

  it('GOV-14: what lies beyond a fork of its feed does not count, whenever that is found out', () => {
    const { events, write } = history()
    const made = write(alice, create)
    write(bob, { type: 'dm.join', user: userOf(bob) }, made)
    const common = events.length
    write(alice, { type: 'dm.rename', name: 'Four' }, made)
    write(alice, { type: 'dm.add', person: carol }, made)
    const [late, early, never] = [0, 1, 2].map(() => createConversation(group, sha256))
    assert.ok(late && early && never)
    late.apply(events)
    assert.deepEqual([late.name, late.people.has(carol)], ['Four', true])
    assert.equal(late.fork(feed, common + 1), true)
    assert.equal(late.fork(feed, common + 2), false)
    early.fork(feed, common + 1)
    for (const event of events.toReversed()) early.apply([event])
    never.apply(events.slice(0, common))
    assert.deepEqual([shown(late), shown(early)], [shown(never), shown(never)])
  })

  it('FRIEND-15: each side of a pair seats itself; nobody else', () => {
    const { events, write } = history()
    const seat = write(alice, open(alice))
    const forged = write(carol, { type: 'dm.open', pair: both, user: userOf(bob) })
    const one = createConversation(pair, sha256)
    assert.ok(one.apply(events))
    assert.equal(one.kind, 'pair')
    assert.equal(one.seatOf(alice)?.auth, seat)
    assert.equal(one.seatOf(bob), undefined)
    assert.ok(one.covers(says(alice, seat)))
    assert.ok(!one.covers(says(bob, seat)))
    assert.ok(!one.covers(says(carol, forged)))
    assert.equal(one.isGrantedTo(seat, authorKey(away, memberOf(bob))), false)
    assert.equal(one.isGrantedTo(idOf(99), authorKey(away, memberOf(bob))), undefined)
  })

  it('FRIEND-12, FRIEND-13: an event of another conversation is none of this one', () => {
    const { events, write } = history()
    write(alice, { type: 'dm.open', pair: [alice, carol].sort() as [Person, Person], user: userOf(alice) })
    write(alice, create)
    const one = createConversation(pair, sha256)
    one.apply(events)
    assert.equal(one.kind, undefined)
    assert.equal(one.people.size, 0)
  })

  it('FRIEND-16 to FRIEND-18: those who were added take their seats, under what added them', () => {
    const { events, write } = history()
    const made = write(alice, create)
    const added = write(alice, { type: 'dm.add', person: carol }, made)
    write(carol, { type: 'dm.join', user: userOf(carol) }, made)
    const bobs = write(bob, { type: 'dm.join', user: userOf(bob) }, made)
    const carols = write(carol, { type: 'dm.join', user: userOf(carol) }, added)
    const one = createConversation(group, sha256)
    one.apply(events)
    assert.deepEqual(shown(one), {
      kind: 'group',
      owner: alice,
      name: 'Trio',
      people: [
        [alice, made],
        [bob, bobs],
        [carol, carols],
      ],
    })
  })

  it('FRIEND-13, FRIEND-16: nobody makes a group in another’s name', () => {
    const { events, write } = history()
    write(bob, create)
    const one = createConversation(group, sha256)
    one.apply(events)
    assert.equal(one.kind, undefined)
  })

  it('FRIEND-19: who is removed is cut at a position; a cut is raised by who made it; back is a new seat', () => {
    const { events, write } = history()
    const made = write(alice, create)
    const bobs = write(bob, { type: 'dm.join', user: userOf(bob) }, made)
    const one = createConversation(group, sha256)
    write(bob, { type: 'dm.remove', person: alice, cuts: new Map() }, bobs)
    one.apply(events)
    assert.ok(one.people.has(alice), 'only the owner removes')
    write(alice, { type: 'dm.remove', person: bob, cuts: new Map([[feed, 5]]) }, made)
    one.apply(events)
    assert.equal(one.seatOf(bob), undefined)
    assert.ok(one.covers(says(bob, bobs, 5)))
    assert.ok(!one.covers(says(bob, bobs, 6)))
    assert.ok(!one.covers({ ...says(bob, bobs), feed: encodeBase32(new Uint8Array(16)) as FeedId }))
    write(bob, { type: 'dm.remove', person: bob, cuts: new Map([[feed, 100]]) }, bobs)
    one.apply(events)
    assert.ok(!one.covers(says(bob, bobs, 6)), 'who was removed does not raise the cut')
    write(alice, { type: 'dm.remove', person: bob, cuts: new Map([[feed, 7]]) }, made)
    one.apply(events)
    assert.ok(one.covers(says(bob, bobs, 7)))
    const again = write(alice, { type: 'dm.add', person: bob }, made)
    const back = write(bob, { type: 'dm.join', user: userOf(bob) }, again)
    one.apply(events)
    assert.ok(one.covers(says(bob, back, 50)))
    assert.ok(!one.covers(says(bob, bobs, 50)))
    assert.equal(one.personOf(authorKey(away, memberOf(bob))), bob)
  })

  it('FRIEND-19: the group of an owner who leaves goes to whoever has been in longest', () => {
    const { events, write } = history()
    const made = write(alice, create)
    const added = write(alice, { type: 'dm.add', person: carol }, made)
    write(carol, { type: 'dm.join', user: userOf(carol) }, added)
    write(alice, { type: 'dm.remove', person: alice, cuts: new Map() }, made)
    write(alice, { type: 'dm.rename', name: 'gone' }, made)
    write(alice, { type: 'dm.add', person: alice }, made)
    const one = createConversation(group, sha256)
    one.apply(events)
    assert.equal(one.owner, bob)
    assert.equal(one.name, 'Trio')
    assert.ok(!one.people.has(alice))
  })

  it('FRIEND-14: at most 2,000 events count', () => {
    const { events, write } = history()
    const made = write(alice, create)
    for (let i = 1; i < limits.conversationActsMax + 10; i++) write(alice, { type: 'dm.rename', name: `n${i}` }, made)
    const one = createConversation(group, sha256)
    for (let at = 0; at < events.length; at += 100) one.apply(events.slice(at, at + 100))
    assert.equal(one.name, `n${limits.conversationActsMax - 1}`)
  })

  it('FRIEND-14: any order and repetition of arrival gives the same', () => {
    const everyone = [alice, bob, carol, personOf('dora' as UserName, far)]
    const step = fc.record({
      kind: fc.constantFrom('add', 'join', 'remove', 'rename'),
      by: fc.nat(3),
      whom: fc.nat(3),
      auth: fc.nat(20),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 16 }), fc.infiniteStream(fc.nat()), (steps, dice) => {
        const { events, write } = history()
        write(alice, create)
        for (const { kind, by, whom, auth } of steps) {
          const cited = idOf(1 + (auth % events.length))
          const person = everyone[whom]!
          if (kind === 'add') write(everyone[by]!, { type: 'dm.add', person }, cited)
          else if (kind === 'join') write(everyone[by]!, { type: 'dm.join', user: userOf(everyone[by]!) }, cited)
          else if (kind === 'rename') write(everyone[by]!, { type: 'dm.rename', name: `by${by}` }, cited)
          else write(everyone[by]!, { type: 'dm.remove', person, cuts: new Map([[feed, whom]]) }, cited)
        }
        const straight = createConversation(group, sha256)
        straight.apply(events)
        const shuffled = [...events, ...events]
          .map((event) => ({ event, at: dice.next().value as number }))
          .sort((a, b) => a.at - b.at)
        const other = createConversation(group, sha256)
        for (const { event } of shuffled) other.apply([event])
        assert.deepEqual(shown(other), shown(straight))
        for (const { id } of events) {
          for (const person of everyone) {
            for (const seq of [1, 3])
              assert.equal(other.covers(says(person, id, seq)), straight.covers(says(person, id, seq)))
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
