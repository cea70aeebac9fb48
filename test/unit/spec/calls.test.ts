import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { anyCallErrors, errorsOf, tokenNeeds, type CallSpec } from '../../../spec/calls/call.ts'
import { isMethod } from '../../../spec/topics.ts'
import { repository } from '../../support/repository.ts'
import { calls, nodeCalls } from '../../support/schemas/calls.ts'

const read = (path: string): string => readFileSync(`${repository}${path}`, 'utf8')

const filesIn = (folder: string, ...others: readonly string[]): string[] =>
  readdirSync(`${repository}spec/${folder}`).flatMap((name) => {
    const stem = name.slice(0, -'.ts'.length)
    return others.includes(stem) ? [] : [stem]
  })

/** `name?`: may be left out. */
const fieldsOf = (schema: z.ZodType): string => {
  assert.ok(schema instanceof z.ZodObject, 'inputs and outputs are objects')
  const fields = Object.entries<z.ZodType>(schema.shape)
  return fields.map(([name, field]) => `\`${name}${field.safeParse(undefined).success ? '?' : ''}\``).join(' ')
}

/** What the table of spec/calls.md must say of a call, but for the words that say what it does. */
const rowOf = (call: CallSpec): string[] => [
  fieldsOf(call.input),
  fieldsOf(call.output),
  Object.entries(call.permissions ?? {})
    .map(([name, where]) => `\`${name}\` ${where}`)
    .join('; '),
  call.errors.join(' '),
  call.token,
]

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim())

const rows = new Map(
  read('spec/calls.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map(cellsOf)
    .map(([method = '', ...cells]) => [method.replaceAll('`', ''), cells]),
)

/** Which files of the node take a call by its file. */
const importers = new Map<string, string[]>()
for (const path of globSync('node/**/*.ts', { cwd: repository })) {
  for (const [, name = ''] of read(path).matchAll(/from '[./]+\/spec\/((?:node-)?calls\/[\w.-]+)\.ts'/g)) {
    importers.set(name, [...(importers.get(name) ?? []), path])
  }
}

describe('calls', () => {
  // CALL-1
  it('are one a file, named like it', () => {
    assert.deepEqual(calls.map(({ method }) => method).sort(), filesIn('calls', 'call').sort())
    assert.deepEqual(
      nodeCalls.map(({ method }) => method).sort(),
      filesIn('node-calls', 'node-call', 'frames', 'people').sort(),
    )
  })

  it('are described in spec/calls.md, each once, and nothing else is', () => {
    assert.deepEqual([...rows.keys()].sort(), calls.map(({ method }) => method).sort())
    assert.equal(read('spec/calls.md').match(/^\| `/gm)?.length, rows.size)
  })

  for (const call of calls) {
    const { method } = call
    // CALL-1, CALL-2, CALL-3
    it(`${method}: the input is strict and has no id, the output tolerates more`, () => {
      assert.ok(isMethod(method))
      assert.match(call.summary, /^[A-Z].*[^.]$/)
      const { error } = call.input.safeParse({ 'no such field': 1 })
      assert.ok(error?.issues.some(({ code }) => code === 'unrecognized_keys'))
      const hasId = call.input instanceof z.ZodObject && 'id' in call.input.shape
      assert.ok(!hasId, 'CALL-2: `id` is the request’s own')
      assert.ok(
        call.output instanceof z.ZodObject && call.output.def.catchall === undefined,
        'CALL-3: outputs may gain',
      )
    })

    // CALL-4, CALL-5
    it(`${method}: spec/calls.md says the same`, () => {
      const [what = '', ...cells] = rows.get(method) ?? []
      assert.ok(what.startsWith(call.summary), `${method}: "${what}" does not begin with "${call.summary}"`)
      assert.deepEqual(cells, rowOf(call))
    })

    // CALL-4, CALL-5
    it(`${method}: its errors are its own, and a permission can be refused`, () => {
      assert.deepEqual(
        call.errors.filter((code) => (anyCallErrors as readonly string[]).includes(code)),
        [],
      )
      assert.equal(new Set(errorsOf(call)).size, errorsOf(call).length)
      assert.ok(tokenNeeds.includes(call.token))
      if (call.permissions !== undefined) assert.ok(call.errors.includes('NOT_ALLOWED'), 'refused with NOT_ALLOWED')
    })

    it(`${method}: the node answers it`, () => {
      const files = importers.get(`calls/${method}`) ?? []
      assert.equal(files.length, 1, `one file of node/ handles it: ${files.join(', ')}`)
    })
  }

  it('are described nowhere else', () => {
    const elsewhere = globSync('{node,broker,federation,client}/**/*.ts', { cwd: repository }).filter((path) =>
      /\bdefine(?:Node)?Call\(/.test(read(path)),
    )
    assert.deepEqual(elsewhere, [])
  })
})

describe('calls between nodes', () => {
  const prose = read('spec/node-calls.md')

  for (const { method, input } of nodeCalls) {
    // NCALL-2, NCALL-7 to NCALL-10
    it(`${method}: described with its fields, asked for and answered`, () => {
      const rule = prose.split('\n').find((line) => line.startsWith('- **NCALL-') && line.includes(`\`${method}\``))
      assert.ok(rule, `no rule of spec/node-calls.md tells of ${method}`)
      assert.ok(input instanceof z.ZodObject)
      for (const field of Object.keys(input.shape)) assert.ok(rule.includes(`\`${field}\``), `${method}: ${field}`)
      const { error } = input.safeParse({ 'no such field': 1 })
      assert.ok(error?.issues.some(({ code }) => code === 'unrecognized_keys'))
      assert.ok(importers.has(`node-calls/${method}`), 'no file of node/ knows it')
    })
  }
})
