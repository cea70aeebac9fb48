import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { annotationTypes } from '../../../spec/annotations.ts'
import { eventJson } from '../../../spec/message.ts'
import { inboxTypes } from '../../../spec/notices.ts'
import { deliveryTopics, publishTopics } from '../../../spec/topic-table.ts'
import {
  channelStreams,
  commandKinds,
  parseDeliveryTopic,
  parsePublishTopic,
  userStreams,
} from '../../../spec/topics.ts'
import { repository } from '../../support/repository.ts'

const read = (path: string): string => readFileSync(`${repository}${path}`, 'utf8')

/** What stands under each rule id, up to the next. */
const rules = new Map<string, string>()
for (const path of globSync('spec/*.md', { cwd: repository })) {
  for (const [, id = '', body = ''] of read(path).matchAll(
    /^- \*\*([A-Z]+-\d+)\*\* ([\s\S]*?)(?=^- \*\*[A-Z]+-\d+\*\*|^#|(?![\s\S]))/gm,
  ))
    rules.set(id, body)
}

/** A row of a table of spec/topics.md, with the text of the rules that it cites. */
const rowsUnder = (rule: string): Map<string, string> =>
  new Map(
    (rules.get(rule) ?? '').split('\n').flatMap((line): [string, string][] => {
      const [, address = '', said = ''] = /^ *\| `([^`]+)` \| (.*) \|$/.exec(line) ?? []
      const cited = [...said.matchAll(/\b([A-Z]+)-(\d+)(?: to \1-(\d+))?/g)].flatMap(
        ([, prefix = '', from, to = from]) =>
          Array.from(
            { length: Number(to) - Number(from) + 1 },
            (_, i) => rules.get(`${prefix}-${Number(from) + i}`) ?? '',
          ),
      )
      return address === '' ? [] : [[address, [said, ...cited].join('\n')]]
    }),
  )

/** Field names stand in code: `name`, `{"name", …}`, `{name, other}`. */
const names = (text: string, field: string): boolean =>
  [...text.matchAll(/`[^`]+`|```[\s\S]*?```|^ *[{"].*$/gm)].some(([code]) =>
    new RegExp(`[\`"{, ]${field}[\`",}: ]`).test(code),
  )

const fieldsOf = (schema: z.ZodType): string[] => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : [])

const example = (address: string): string =>
  address
    .replace('{channel}', '01a2ffc1-0000-7000-8000-000000000000')
    .replace(/\{(?:me|user)\}/, 'alice')
    .replace('{method}', 'history')

describe('topics and their payloads', () => {
  // TOPIC-4, TOPIC-5
  for (const [rule, topics] of [
    ['TOPIC-4', publishTopics],
    ['TOPIC-5', deliveryTopics],
  ] as const) {
    const rows = rowsUnder(rule)

    it(`${rule} lists those of the table`, () => {
      const addresses = topics.map(({ address }) => address)
      assert.deepEqual([...rows.keys()], addresses)
    })

    for (const { address, payload, contentType } of topics) {
      it(`${rule} tells what ${address} holds`, () => {
        const said = rows.get(address) ?? ''
        assert.equal(contentType === 'application/json', said.startsWith('JSON'), said)
        const missing = fieldsOf(payload).filter((field) => !names(said, field))
        assert.deepEqual(missing, [], 'neither the row nor the rules that it cites name these fields')
      })
    }
  }

  it('are those that the parsers know', () => {
    for (const { address, name } of publishTopics) assert.equal(parsePublishTopic(example(address))?.kind, name)
    for (const { address, name } of deliveryTopics) assert.equal(parseDeliveryTopic(example(address))?.kind, name)
    const published = publishTopics.map(({ name }) => name)
    assert.deepEqual(
      published.filter((name) => name !== 'call' && name !== 'presence').sort(),
      [...commandKinds].sort(),
    )
    assert.deepEqual(deliveryTopics.map(({ name }) => name).sort(), [...channelStreams, ...userStreams].sort())
  })

  // INBOX-13, FRIEND-21
  it('the inbox: spec/topics.md lists every type with its fields', () => {
    const [, section = ''] = /## What the inbox carries\n([\s\S]*?)\n## /.exec(read('spec/topics.md')) ?? []
    const listed = [...section.matchAll(/^\| `([\w.]+)` \| ([^|]*) \|/gm)].map(([, type, fields = '']) => [
      type,
      fields.trim(),
    ])
    const inCode = [...inboxTypes].map(([type, schema]) => {
      const fields = Object.entries<z.ZodType>(schema.shape).filter(([name]) => name !== 'type')
      return [
        type,
        fields.map(([name, field]) => `\`${name}${field.safeParse(undefined).success ? '?' : ''}\``).join(' '),
      ]
    })
    assert.deepEqual(listed, inCode)
  })

  it('MSGS-6 lists the events about a message, with fields that an event has', () => {
    const rows = [...(rules.get('MSGS-6') ?? '').matchAll(/^ *\| (`[\w`, ]+`) \| .* \| ([^|]*) \|$/gm)]
    const listed = rows.flatMap(([, types = '']) => [...types.matchAll(/\w+/g)].map(([type]) => type))
    assert.deepEqual(listed.sort(), [...annotationTypes].sort())
    const fields = rows.flatMap(([, , names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
    assert.deepEqual(
      fields.filter((name) => !(name in eventJson.shape)),
      [],
    )
  })
})
