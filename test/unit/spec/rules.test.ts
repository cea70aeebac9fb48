import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'

const root = new URL('../../../', import.meta.url).pathname

/** Chapters whose rules must be cited; a new chapter joins when its code is there. */
const chapters = [
  'identifiers',
  'encodings',
  'event',
  'messages',
  'feed',
  'governance',
  'topics',
  'calls',
  'errors',
  'limits',
  'federation-link',
  'node-calls',
  'sync',
  'friends',
  'inbox',
  'profiles',
  'accounts',
  'authors',
]

const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8')

/** `ENC-8 to ENC-12` cites all five. */
const citedIn = (patterns: readonly string[]): ReadonlySet<string> => {
  const cited = new Set<string>()
  for (const path of globSync(patterns, { cwd: root, exclude: ['**/node_modules/**'] })) {
    for (const [, prefix = '', from = '', to = from] of read(path).matchAll(/\b([A-Z]+)-(\d+)(?: to \1-(\d+))?\b/g)) {
      for (let number = Number(from); number <= Math.min(Number(to), Number(from) + 50); number++) {
        cited.add(`${prefix}-${number}`)
      }
    }
  }
  return cited
}

const rules = chapters.flatMap((chapter) =>
  [...read(`spec/${chapter}.md`).matchAll(/\*\*([A-Z]+-\d+)\*\*/g)].map(([, rule = '']) => rule),
)

describe('rules of spec/', () => {
  const inCode = citedIn(['{spec,broker,federation,node,client}/**/*.{ts,tsx}'])
  const inTests = citedIn(['test/**/*.ts'])

  it('have an id each', () => {
    assert.deepEqual(
      rules.filter((rule, i) => rules.indexOf(rule) !== i),
      [],
    )
    assert.ok(rules.length > 60)
  })

  it('are cited by the code that keeps them', () => {
    assert.deepEqual(
      rules.filter((rule) => !inCode.has(rule)),
      [],
    )
  })

  it('are cited by a test', () => {
    assert.deepEqual(
      rules.filter((rule) => !inTests.has(rule)),
      [],
    )
  })

  it('exist where they are cited', () => {
    const prefixes = new Set(rules.map((rule) => rule.replace(/-\d+$/, '')))
    const unknown = [...inCode, ...inTests].filter(
      (rule) => prefixes.has(rule.replace(/-\d+$/, '')) && !rules.includes(rule),
    )
    assert.deepEqual(unknown, [])
  })
})
