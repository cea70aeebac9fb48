import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { isTopicFilter, isTopicName, matches } from '../../../broker/mqtt/topics.ts'
import { TopicIndex } from '../../../broker/topic-index.ts'

const level = fc.constantFrom('', 'a', 'b', 'ab', '$x')
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
  .map(([levels, hasRest]) => [...levels, ...(hasRest || levels.length === 0 ? ['#'] : [])].join('/'))

/** MQTT 5 §4.7, level by level. */
function bruteForce(filter: string, topic: string): boolean {
  const [filters, names] = [filter.split('/'), topic.split('/')]
  if (names[0]!.startsWith('$') && (filters[0] === '+' || filters[0] === '#')) return false
  for (const [at, wanted] of filters.entries()) {
    if (wanted === '#') return true
    if (at >= names.length || (wanted !== '+' && wanted !== names[at])) return false
  }
  return filters.length === names.length
}

describe('broker topics', () => {
  it('MQTT 4.7: the matcher agrees with a level-by-level one', () => {
    const isSame = (f: string, t: string): boolean => f === '' || t === '' || matches(f, t) === bruteForce(f, t)
    fc.assert(fc.property(filter, topic, isSame), { numRuns: 5_000 })
  })

  it('MQTT 4.7.1.2: a/# matches its parent, and # no topic of $', () => {
    assert.ok(matches('a/#', 'a'))
    assert.ok(matches('sport/tennis/+', 'sport/tennis/'))
    assert.ok(!matches('sport/+', 'sport'))
    assert.ok(!matches('#', '$SYS/x'))
    assert.ok(matches('$SYS/#', '$SYS/x'))
  })

  it('the index finds exactly the filters that match, also after removals', () => {
    const entries = fc.array(fc.tuple(filter, fc.boolean()), { maxLength: 20 })
    fc.assert(
      fc.property(entries, topic, (held, name) => {
        const index = new TopicIndex<number>()
        held.forEach(([f], n) => index.add(f, n))
        held.forEach(([f, isRemoved], n) => isRemoved && index.remove(f, n))
        const found = new Set<number>()
        index.match(name, (n) => found.add(n))
        const expected = held.flatMap(([f, isRemoved], n) => (!isRemoved && bruteForce(f, name) ? [n] : []))
        assert.deepEqual(found, new Set(expected))
      }),
      { numRuns: 2_000 },
    )
  })

  it('refuses malformed filters and names', () => {
    for (const bad of ['', 'a#', 'a/#/b', 'a+', '+a/b', 'a/b+/c', '##', 'a\0', 'x'.repeat(513), '/'.repeat(16)]) {
      assert.ok(!isTopicFilter(bad), bad)
    }
    for (const good of ['#', '+', '+/+/#', '/', 'a//b', '/+', 'é'.repeat(256)]) assert.ok(isTopicFilter(good), good)
    for (const bad of ['', '#', 'a/+', 'é'.repeat(257)]) assert.ok(!isTopicName(bad), bad)
    for (const good of ['a', '/', 'a/b/c', '$SYS/x']) assert.ok(isTopicName(good), good)
  })
})
