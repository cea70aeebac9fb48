import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { createTimeline } from '../../../../client/sdk/index.ts'
import { sampleEvent } from '../samples.ts'

const notOwn = (): boolean => false

describe('sdk timeline', () => {
  const someEvents = fc
    .uniqueArray(fc.integer({ min: 1, max: 2 ** 40 }), { minLength: 1, maxLength: 40 })
    .map((times) => times.map((ms, index) => sampleEvent({ ms, position: index + 1 })))

  it('shows late, repeated and reordered events in one order, each once', () => {
    fc.assert(
      fc.property(
        someEvents.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 })),
        ),
        ([events, arrivals]) => {
          const timeline = createTimeline()
          timeline.addPage([], true)
          for (const event of arrivals) timeline.add(event)
          const expected = events.map(({ id }) => id).toSorted()
          assert.deepEqual(
            timeline.events().map(({ id }) => id),
            expected,
          )
          assert.equal(timeline.lastPosition, events.length)
        },
      ),
    )
  })

  it('shows the same whether events come live first or by pages first', () => {
    fc.assert(
      fc.property(someEvents, fc.nat(), fc.nat({ max: 60 }), (events, seed, pageSize) => {
        const sorted = events.toSorted((a, b) => (a.id < b.id ? -1 : 1))
        const timeline = createTimeline()
        for (const event of events.filter(({ position }) => (position * 7 + seed) % 3 === 0)) timeline.add(event)
        for (let end = sorted.length; end >= 0; end -= pageSize + 1) {
          const page = sorted.slice(Math.max(0, end - pageSize - 1), end)
          timeline.addPage(page, end - pageSize - 1 <= 0)
        }
        assert.deepEqual(timeline.events(), sorted)
      }),
    )
  })

  it('says whether an event was new', () => {
    const timeline = createTimeline()
    const event = sampleEvent({ ms: 5, position: 1 })
    assert.equal(timeline.add(event), true)
    assert.equal(timeline.add(event), false)
  })

  it('hides what lies below the floor, where there may be holes, until a page reaches it', () => {
    const timeline = createTimeline()
    const old = sampleEvent({ ms: 10, position: 9 })
    const middle = sampleEvent({ ms: 20, position: 2 })
    const fresh = sampleEvent({ ms: 30, position: 3 })
    timeline.add(old)
    assert.deepEqual(timeline.events(), [], 'nothing is shown before the first page')
    timeline.addPage([fresh], false)
    assert.deepEqual(timeline.events(), [fresh])
    assert.equal(timeline.oldest, fresh.id)
    timeline.addPage([old, middle], true)
    assert.deepEqual(timeline.events(), [old, middle, fresh])
    assert.equal(timeline.reachedStart, true)
  })

  it('counts what arrived after a position, also what is too old to be shown', () => {
    const timeline = createTimeline()
    timeline.addPage([sampleEvent({ ms: 50, position: 1 })], false)
    timeline.add(sampleEvent({ ms: 10, position: 2 }))
    timeline.add(sampleEvent({ ms: 60, position: 3, user: 'alice' }))
    assert.equal(timeline.unreadAfter(1, notOwn), 2)
    assert.equal(
      timeline.unreadAfter(1, ({ author }) => author.name === 'alice'),
      1,
    )
    assert.equal(timeline.unreadAfter(3, notOwn), 0)
  })

  it('forgets the oldest quarter past its limit and shows no hole', () => {
    const timeline = createTimeline({ eventsMax: 8 })
    timeline.addPage([], true)
    for (let position = 1; position <= 9; position += 1) timeline.add(sampleEvent({ ms: position, position }))
    assert.deepEqual(
      timeline.events().map(({ position }) => position),
      [3, 4, 5, 6, 7, 8, 9],
    )
    assert.equal(timeline.reachedStart, false)
  })
})
