import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { limits } from '../../../spec/limits.ts'
import { repository } from '../../support/repository.ts'

/** A paragraph for each rule id: what stands between it and the next rule or heading. */
const rules = new Map<string, string>()
for (const path of globSync('spec/*.md', { cwd: repository })) {
  const text = readFileSync(`${repository}${path}`, 'utf8')
  for (const [, id = '', body = ''] of text.matchAll(
    /^- \*\*([A-Z]+-\d+)\*\* ([\s\S]*?)(?=^- \*\*[A-Z]+-\d+\*\*|^#|(?![\s\S]))/gm,
  ))
    rules.set(id, body)
}

/** Rows of spec/limits.md that say in which rule the limit stands. */
const rows = readFileSync(`${repository}spec/limits.md`, 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, name = '', meaning = ''] = /^\| `(\w+)` \| \d+ \| (.*) \|$/.exec(line) ?? []
    const ids = [...meaning.matchAll(/\b(?!UTF-8)[A-Z]{2,}-\d+\b/g)].map(([id]) => id)
    return ids.map((rule) => ({ name: name as keyof typeof limits, rule }))
  })

const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve']

const counted = (count: number, one: string, many: string): string[] =>
  Number.isInteger(count) ? [`${count} ${many}`, ...(count === 1 ? [`a ${one}`, `an ${one}`, `1 ${one}`] : [])] : []

/** How prose may write a limit: 65536 bytes are `65,536`, `64 KiB`; 60000 ms are `60 s`, `a minute`. */
const written = (name: string, value: number): string[] => {
  const plain = [String(value), value.toLocaleString('en'), words[value] ?? '', value === 20 ? 'twenty' : '']
  const units: string[] = []
  if (/Ms(?:Max|Burst)?$/.test(name)) {
    units.push(`${value / 1000} s`, `${value / 1000} seconds`, ...counted(value / 1000, 'second', 'seconds'))
    units.push(...counted(value / 60_000, 'minute', 'minutes'))
    units.push(...counted(value / 3_600_000, 'hour', 'hours'), ...counted(value / 86_400_000, 'day', 'days'))
  }
  if (name.endsWith('Seconds'))
    units.push(...counted(value / 86_400, 'day', 'days'), ...counted(value / 604_800, 'week', 'weeks'))
  if (/Bytes/.test(name)) units.push(`${value / 1024} KiB`, `${value / 1_048_576} MiB`)
  return [...plain, ...units].filter((text) => text !== '')
}

const says = (text: string, form: string): boolean =>
  new RegExp(`(?<![\\d.,])${form.replaceAll('.', '\\.')}(?![\\d]|[.,]\\d)`, 'i').test(text)

describe('limits in prose', () => {
  it('are named with their rules', () => assert.ok(rows.length > 50, `${rows.length} rows`))

  for (const { name, rule } of rows) {
    // LIMIT-1
    it(`${rule} says what ${name} is`, () => {
      const text = rules.get(rule)
      assert.ok(text !== undefined, `spec/limits.md cites ${rule} for ${name}, and there is no such rule`)
      const forms = written(name, limits[name])
      assert.ok(
        forms.some((form) => says(text, form)),
        `${rule} says none of: ${forms.join(', ')}; say it there, or cite no rule in the row of spec/limits.md`,
      )
    })
  }
})

describe('limits in docs/mqtt.md', () => {
  const [, section = ''] = /^## Limits that you may meet\n([\s\S]*)/m.exec(
    readFileSync(`${repository}docs/mqtt.md`, 'utf8'),
  ) ?? ['', '']
  for (const name of [
    'packetBytesMax',
    'textCharsMax',
    'jsonDepthMax',
    'filtersPerConnectionMax',
    'filtersPerSubscribeMax',
    'backlogStallMs',
    'backlogBytesMax',
    'callsPerSecond',
    'callsBurst',
  ] as const) {
    // LIMIT-1
    it(`${name} is what it says`, () =>
      assert.ok(
        written(name, limits[name]).some((form) => says(section, form)),
        section,
      ))
  }
})
