import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { checkFilter, checkTopic, filterMatches, filterScope, type FilterScope } from '../../../spec/filters.ts'
import type { UserName } from '../../../spec/ids.ts'
import { parseDeliveryTopic, parsePublishTopic } from '../../../spec/topics.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly valid: readonly string[]
  readonly invalid: readonly { readonly filter: string; readonly why: string }[]
  readonly matches: readonly (readonly [string, string, boolean])[]
  readonly me: UserName
  readonly scopes: readonly { readonly filter: string; readonly scope: { readonly kind: FilterScope['kind'] } }[]
}

const id = '01a31858-8d00-7000-8aaa-aaaaaaaaaaaa'
const other = '01a31858-8d00-7000-8aaa-bbbbbbbbbbbb'

/** Written from the words of MQTT 4.7, as a regular expression: another way than ours. */
const bruteForce = (filter: string, topic: string): boolean => {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  const quoted = filter.replaceAll(/[$^\\.*?()[\]{}|]/g, String.raw`\$&`)
  const pattern = quoted.replaceAll('+', '[^/]*').replace(/(^|\/)#$/, (_, slash) => (slash === '' ? '.*' : '(?:/.*)?'))
  return new RegExp(`^${pattern}$`, 's').test(topic)
}

const level = fc.constantFrom(
  'c',
  's',
  'u',
  'home',
  'work',
  'general',
  'events',
  'lines',
  'typing',
  'send',
  'say',
  'call',
)
const anyLevel = fc.oneof(
  level,
  fc.constantFrom(id, other, 'alice', 'bob', 'inbox', 'errors', 'reply', 'presence', '', '$SYS', '$share'),
)
const filters = fc
  .tuple(fc.array(fc.oneof({ weight: 3, arbitrary: anyLevel }, fc.constant('+')), { maxLength: 5 }), fc.boolean())
  .map(([levels, hash]) => [...levels, ...(hash ? ['#'] : [])].join('/'))
const streams = fc.constantFrom('events', 'lines', 'typing', 'send', 'say')
const topics = fc.oneof(
  fc.array(anyLevel, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/')),
  fc.tuple(fc.constantFrom(id, other), streams).map(([channel, stream]) => `c/${channel}/${stream}`),
  fc
    .tuple(fc.constantFrom('home', 'work'), fc.constantFrom('general', 'lobby'), streams)
    .map((levels) => `s/${levels.join('/')}`),
  fc
    .tuple(
      fc.constantFrom('alice', 'bob', 'alice@elm.example', 'bob@elm.example'),
      fc.constantFrom('inbox', 'errors', 'reply', 'reply/x', 'presence', 'call/x'),
    )
    .map((levels) => `u/${levels.join('/')}`),
)

describe('topic filters', () => {
  const { valid, invalid, matches, me, scopes } = readVectors('filters') as Vectors

  // TOPIC-1, TOPIC-2
  it('takes what MQTT calls valid, names what is not', () => {
    for (const filter of valid) assert.equal(checkFilter(filter), undefined, filter)
    for (const { filter, why } of invalid) assert.notEqual(checkFilter(filter), undefined, why)
    assert.equal(checkTopic('a/b'), undefined)
    for (const topic of ['a/+', '#', 'a#', '', 'a\0']) assert.notEqual(checkTopic(topic), undefined, topic)
  })

  // TOPIC-2
  it('matches as MQTT 4.7 says', () => {
    for (const [filter, topic, expected] of matches) {
      assert.equal(filterMatches(filter, topic), expected, `${filter} ${topic}`)
      assert.equal(bruteForce(filter, topic), expected, `${filter} ${topic}`)
    }
    fc.assert(
      fc.property(filters, topics, (filter, topic) => {
        fc.pre(checkFilter(filter) === undefined && topic !== '')
        assert.equal(filterMatches(filter, topic), bruteForce(filter, topic))
      }),
      { numRuns: 2000 },
    )
  })

  // TOPIC-7, TOPIC-8, TOPIC-9, TOPIC-10
  for (const { filter, scope } of scopes) {
    it(`alice's ${JSON.stringify(filter)} is ${scope.kind}`, () => {
      const found = filterScope(filter, me)
      if (found.kind === 'refused') {
        assert.equal(scope.kind, 'refused')
        assert.notEqual(found.reason, '')
      } else assert.deepEqual(JSON.parse(JSON.stringify(found)), scope)
    })
  }

  it('threat 2: whatever an accepted filter matches is in its scope, or a command, which is never delivered', () => {
    const inScope = (scope: FilterScope, topic: string): boolean => {
      const parsed = parseDeliveryTopic(topic)
      if (parsed === undefined) return false
      if ('user' in parsed) {
        if (scope.kind === 'own') return parsed.user === me && scope.streams.includes(parsed.kind)
        return scope.kind === 'presence' && parsed.kind === 'presence' && (scope.user ?? parsed.user) === parsed.user
      }
      if (parsed.kind === 'presenceAt') {
        if (scope.kind === 'presenceAt') return scope.address === parsed.address
        return scope.kind === 'presence' && scope.user === undefined
      }
      const { kind, channel } = parsed
      if (channel.by === 'id')
        return scope.kind === 'channel' && scope.channel === channel.id && scope.streams.includes(kind)
      if (scope.kind !== 'server' || scope.server !== channel.server) return false
      return (scope.channel ?? channel.channel) === channel.channel && scope.streams.includes(kind)
    }
    const seen = { accepted: 0, matched: 0 }
    fc.assert(
      fc.property(fc.oneof(filters, topics), topics, (filter, topic) => {
        const scope = filterScope(filter, me)
        if (scope.kind === 'refused') return
        seen.accepted++
        const isDelivered = parseDeliveryTopic(topic) !== undefined
        if (!filterMatches(filter, topic) || !isDelivered) return
        seen.matched++
        assert.ok(inScope(scope, topic), `${filter} ${topic}`)
      }),
      { numRuns: 15_000 },
    )
    assert.ok(seen.accepted > 100 && seen.matched > 10, JSON.stringify(seen))
  })

  it('never accepts a filter that only commands could match', () => {
    fc.assert(
      fc.property(topics, (topic) => {
        const isOnlyCommand = parsePublishTopic(topic) !== undefined && parseDeliveryTopic(topic) === undefined
        if (isOnlyCommand) assert.equal(filterScope(topic, me).kind, 'refused', topic)
      }),
    )
  })

  it('threat 8: never crashes on a filter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (filter) => assert.ok(filterScope(filter, me).kind !== undefined)),
    )
  })
})
