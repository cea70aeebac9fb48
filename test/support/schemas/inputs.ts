/** Inputs of calls made from their schemas: one that fits, and what is wrong with it in every way that a schema knows. */
import type { z } from 'zod'
import { checkText } from '../../../spec/text.ts'
import type { JsonSchema } from './json-schema.ts'

export interface WrongInput {
  /** For the name of a test. */
  readonly what: string
  readonly input: unknown
}

/** Something for each pattern of an identifier. */
const examples: readonly string[] = [
  '01a2ffc1-0000-7000-8000-000000000000',
  'alice',
  ':party:',
  'party',
  'iVBORw0KGgo=',
  '/ip4/127.0.0.1/tcp/4001',
]

/** A value that the schema takes; `lookUp` finds what a reference names. */
export const sampleOf = (schema: JsonSchema, lookUp: (ref: string) => JsonSchema): unknown => {
  if (schema.$ref !== undefined) return sampleOf(lookUp(schema.$ref), lookUp)
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const one = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])][0]
  if (one !== undefined) return sampleOf(one, lookUp)
  const type: string = (Array.isArray(schema.type) ? schema.type[0] : schema.type) ?? 'any'
  switch (type) {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {}) as [string, JsonSchema][]
      const required = new Set(schema.required)
      return Object.fromEntries(
        properties.flatMap(([name, field]) => (required.has(name) ? [[name, sampleOf(field, lookUp)]] : [])),
      )
    }
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items as JsonSchema, lookUp))
    case 'string':
      return stringOf(schema)
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    default:
      return null
  }
}

const stringOf = ({ pattern, minLength = 0, maxLength = Infinity }: JsonSchema): string => {
  const fits = (text: string): boolean =>
    text.length >= minLength && text.length <= maxLength && (pattern === undefined || new RegExp(pattern).test(text))
  const [, letters] = /\[a-z2-7\]\{(\d+)\}/.exec(pattern ?? '') ?? []
  const found = [...examples, 'a'.repeat(Number(letters ?? 0))].find(fits)
  if (found === undefined) throw new Error(`no example of ${pattern}`)
  return found
}

const oddValues: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['a number', 7],
  ['a negative number', -1],
  ['a fraction', 1.5],
  ['a number past every bound', 1e300],
  ['an empty text', ''],
  ['a text', 'zzz'],
  ['a text of control characters', '\u0000\u001b[2J\u202e'],
  ['a text of 40,000 characters', 'x'.repeat(40_000)],
  ['an empty array', []],
  ['an array of everything', [null, true, 1, 'x', [], {}]],
  ['an array of 5,000', Array.from({ length: 5_000 }, () => 1)],
  ['an object', { no: { such: { thing: 1 } } }],
  ['constructor', { constructor: { prototype: {} } }],
]

/** The sample, spoiled in one place at a time; some of them may still be right (a text where a text is wanted). */
export const variationsOf = (schema: JsonSchema, lookUp: (ref: string) => JsonSchema): WrongInput[] => {
  const root = schema.$ref === undefined ? schema : lookUp(schema.$ref)
  const sample = sampleOf(root, lookUp) as Record<string, unknown>
  const fields = Object.keys(root.properties ?? {})
  const required = root.required ?? []
  return [
    ...required.map((name) => ({ what: `without ${name}`, input: omit(sample, name) })),
    ...fields.flatMap((name) =>
      oddValues.map(([what, value]) => ({ what: `${name} is ${what}`, input: { ...sample, [name]: value } })),
    ),
  ]
}

const omit = (value: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))

/** Does the node take it, apart from who asks and of what? A text is measured by TEXT-1 to TEXT-3 after its schema. */
export const isTaken = (schema: z.ZodType, input: unknown): boolean => {
  const { success, data } = schema.safeParse(JSON.parse(JSON.stringify(input)))
  if (!success) return false
  const text = typeof data === 'object' && data !== null && 'body' in data ? data.body : undefined
  return typeof text !== 'string' || checkText(text) === undefined
}
