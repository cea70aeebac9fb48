import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { createTimeline, type EventJson } from '../../../../client/sdk/index.ts'
import type { EventId } from '../../../../spec/ids.ts'
import { sampleEvent } from '../samples.ts'

const message = sampleEvent({ ms: 5, position: 1, body: 'helo' })
const isOwn = ({ author }: EventJson): boolean => author.address.startsWith('alice@')

/** An event about the message, `ms` after it. */
const about = (type: string, ms: number, fields: Partial<EventJson> & { user?: string } = {}): EventJson => {
  const { user = 'bob', ...more } = fields
  const { body: _body, ...event } = sampleEvent({ ms: 100 + ms, position: 10 + ms, user })
  return { ...event, type, target: message.id, ...more }
}
const shownAfter = (...events: readonly EventJson[]): EventJson | undefined => {
  const timeline = createTimeline({ isOwn })
  timeline.addPage([], true)
  for (const event of events) timeline.add(event)
  return timeline.events().find(({ id }) => id === message.id)
}

describe('sdk: messages and what is said about them', () => {
  it('MSGS-7: are one item, whatever comes first and however often', () => {
    const events = [
      message,
      about('edit', 1, { body: 'hello' }),
      about('edit', 2, { body: 'hello, world' }),
      about('react', 3, { emoji: '👍' }),
      about('react', 4, { emoji: '👍', user: 'alice' }),
      about('react', 5, { emoji: '🔥' }),
      about('unreact', 6, { emoji: '🔥' }),
      about('pin', 7),
      { ...sampleEvent({ ms: 200, position: 99 }), thread: message.id },
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }), (arrivals) => {
        const shown = shownAfter(...arrivals)
        assert.equal(shown?.body, 'hello, world')
        assert.equal(shown?.pinned, true)
        assert.equal(shown?.replies?.count, 1)
        assert.deepEqual(shown?.reactions, [{ emoji: '👍', count: 2, me: true }])
      }),
    )
  })

  it('MSGS-10: a delete takes everything away', () => {
    const shown = shownAfter(about('edit', 1, { body: 'hello' }), message, about('delete', 2), about('pin', 3))
    assert.deepEqual([shown?.deleted, shown?.body, shown?.pinned], [true, undefined, undefined])
  })

  it('MSGS-7: what a page has in its state is not counted twice, what is newer is', () => {
    const timeline = createTimeline({ isOwn })
    const [first, second, third] = [1, 2, 3].map((ms) => about('react', ms, { emoji: '👍', user: `user${ms}` }))
    timeline.add(third!)
    const page = { ...message, asOf: second!.position, reactions: [{ emoji: '👍', count: 2 }] }
    timeline.addPage([page], true)
    timeline.add(first!)
    timeline.add(second!)
    assert.deepEqual(timeline.events()[0]?.reactions, [{ emoji: '👍', count: 3 }])
    timeline.addPage([{ ...message, asOf: third!.position, reactions: [{ emoji: '👍', count: 3 }] }], true)
    assert.deepEqual(timeline.events()[0]?.reactions, [{ emoji: '👍', count: 3 }])
    timeline.addPage([page], true)
    assert.deepEqual(timeline.events()[0]?.reactions, [{ emoji: '👍', count: 3 }])
  })

  it('a page that ends between messages goes on there', () => {
    const timeline = createTimeline()
    const next = '00000000-0001-7000-8000-000000000000' as EventId
    timeline.addPage([], false, next)
    assert.deepEqual([timeline.oldest, timeline.isLoaded, timeline.reachedStart], [next, true, false])
  })
})
