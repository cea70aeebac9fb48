import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { createTimeline, type EventJson, type Timeline } from '../../../../client/sdk/index.ts'
import { eventIdAt, sampleEvent } from '../samples.ts'

/**
 * What several people do in a channel, each on a node of their own: one person's doings arrive in their order, those
 * of different people mixed at will, so that much comes late, with an old id at a new position. Each reacts to a
 * message and takes it back in turn; one of them pins; edits and deletes are of one's own messages.
 */
interface Doing {
  readonly who: number
  readonly what: 'say' | 'answer' | 'edit' | 'delete' | 'react' | 'pin'
  /** Which of the messages so far, by their order of arrival. */
  readonly on: number
  /** How much later than this person's last doing, in ms. */
  readonly after: number
}

const people = ['ann', 'bob', 'cat']
const doing: fc.Arbitrary<Doing> = fc.record({
  who: fc.nat({ max: people.length - 1 }),
  what: fc.constantFrom('say', 'say', 'say', 'answer', 'edit', 'delete', 'react', 'react', 'pin'),
  on: fc.nat({ max: 20 }),
  after: fc.integer({ min: 1, max: 1_000 }),
})

/** In the order of arrival; positions from 1. */
const eventsOf = (doings: readonly Doing[]): EventJson[] => {
  const events: EventJson[] = []
  const clocks = people.map((_, who) => who * 7)
  const reacted = new Set<string>()
  let isPinned = new Set<string>()
  for (const { who, what, on, after } of doings) {
    const user = people[who]!
    // no two ids alike: three clocks in steps of three
    clocks[who] = clocks[who]! + after * 3 * 10
    const event = sampleEvent({
      ms: (clocks[who] ?? 0) + who,
      position: events.length + 1,
      user,
      body: `${user} ${clocks[who]}`,
    })
    const messages = events.filter(({ type }) => type === 'msg')
    const own = messages.filter(({ author }) => author.name === user)
    const target = (what === 'edit' || what === 'delete' ? own : messages).at(-1 - (on % 5))
    const { body: _body, ...bare } = event
    if (what === 'say' || target === undefined) events.push(event)
    else if (what === 'answer') events.push({ ...event, thread: target.id })
    else if (what === 'edit') events.push({ ...bare, type: 'edit', target: target.id, body: `edited ${clocks[who]}` })
    else if (what === 'delete') events.push({ ...bare, type: 'delete', target: target.id })
    else if (what === 'pin') {
      if (who !== 0) continue
      const type = isPinned.has(target.id) ? 'unpin' : 'pin'
      isPinned = new Set(type === 'pin' ? [...isPinned, target.id] : [...isPinned].filter((id) => id !== target.id))
      events.push({ ...bare, type, target: target.id })
    } else {
      const key = `${user} ${target.id}`
      const type = reacted.has(key) ? 'unreact' : 'react'
      if (type === 'react') reacted.add(key)
      else reacted.delete(key)
      events.push({ ...bare, type, target: target.id, emoji: '👍' })
    }
  }
  return events
}

const isOwn = ({ author }: EventJson): boolean => author.name === 'ann'
const openTimeline = (): Timeline => {
  const timeline = createTimeline({ isOwn })
  timeline.addPage([], true)
  return timeline
}
/** What people see: positions and cursors are no part of it. */
const shown = (timeline: Timeline): unknown[] =>
  timeline.events().map(({ position: _position, asOf: _asOf, ...event }) => event)
const expected = (events: readonly EventJson[]): unknown[] => {
  const timeline = openTimeline()
  for (const event of events.toSorted((a, b) => (a.id < b.id ? -1 : 1))) timeline.add(event)
  return shown(timeline)
}
const someEvents = fc.array(doing, { minLength: 1, maxLength: 40 }).map(eventsOf)

describe('sdk timeline: whatever the order', () => {
  it('MSGS-7: late, repeated and reordered events of every kind come to one picture', () => {
    fc.assert(
      fc.property(
        someEvents.chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2, maxLength: events.length * 2 }),
          ),
        ),
        ([events, arrivals]) => {
          const timeline = openTimeline()
          for (const event of arrivals) timeline.add(event)
          assert.deepEqual(shown(timeline), expected(events))
          assert.equal(timeline.lastPosition, events.length)
        },
      ),
    )
  })

  it('never jumps: what is shown stays in its order, and an event is only ever put between or behind', () => {
    fc.assert(
      fc.property(someEvents, (events) => {
        const timeline = openTimeline()
        let before: string[] = []
        for (const event of events) {
          timeline.add(event)
          const after = timeline.events().map(({ id }) => id)
          assert.deepEqual(after, after.toSorted())
          assert.deepEqual(
            after.filter((id) => before.includes(id)),
            before,
          )
          assert.ok(after.length - before.length <= 1)
          before = after
        }
      }),
    )
  })

  it('is the same after any number of restarts, each of which hears some of it again', () => {
    fc.assert(
      fc.property(someEvents, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }), (events, restarts) => {
        let timeline = openTimeline()
        let heard = 0
        for (const [until, again] of restarts) {
          const end = heard + (until % (events.length - heard + 1))
          for (const event of events.slice(heard, end)) timeline.add(event)
          // through JSON, as a store keeps it
          const kept = JSON.parse(JSON.stringify(timeline.kept())) as NonNullable<ReturnType<Timeline['kept']>>
          timeline = createTimeline({ isOwn })
          timeline.addPage(kept.events, kept.floor === '', kept.floor === '' ? undefined : kept.floor)
          heard = end - (again % (end + 1))
        }
        for (const event of events.slice(heard)) timeline.add(event)
        assert.deepEqual(shown(timeline), expected(events))
      }),
    )
  })

  it('shows no hole while pages come in, and in the end all of it', () => {
    fc.assert(
      fc.property(someEvents, fc.integer({ min: 1, max: 7 }), (events, pageSize) => {
        const timeline = createTimeline({ isOwn })
        const messages = events.filter(({ type }) => type === 'msg').toSorted((a, b) => (a.id < b.id ? -1 : 1))
        for (const event of events) timeline.add(event)
        for (let end = messages.length; end >= 0; end -= pageSize) {
          const page = messages.slice(Math.max(0, end - pageSize), end)
          timeline.addPage(page, end - pageSize <= 0)
          const ids = timeline.events().map(({ id }) => id)
          assert.deepEqual(
            ids,
            messages.slice(messages.length - ids.length).map(({ id }) => id),
          )
          if (end - pageSize <= 0) break
        }
        assert.deepEqual(shown(timeline), expected(events))
      }),
    )
  })

  it('samples differ in their ids', () => {
    assert.notEqual(eventIdAt(1), eventIdAt(2))
    fc.assert(
      fc.property(someEvents, (events) => {
        assert.equal(new Set(events.map(({ id }) => id)).size, events.length)
      }),
    )
  })
})
