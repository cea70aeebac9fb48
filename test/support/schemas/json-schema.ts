import { z } from 'zod'
import { isEmojiName } from '../../../spec/emoji.ts'
import { isEventId } from '../../../spec/event-id.ts'
import { isChannelId, isDeviceId, isMemberId, isNodeId, isServerId, isUserName } from '../../../spec/identifiers.ts'
import { isClientMessageId } from '../../../spec/message.ts'
import { registry } from './named.ts'

export type JsonSchema = z.core.JSONSchema.JSONSchema

/** What JSON Schema can say of what a predicate of `spec/` takes. Never stricter; ID-10 and spare bits are the node's to check. */
const byPredicate = new Map<unknown, JsonSchema>([
  [isNodeId, { pattern: '^[a-z2-7]{52}$', description: 'ID-1: a node.' }],
  [isServerId, { pattern: '^[a-z2-7]{52}$', description: 'ID-2: a server.' }],
  [
    isChannelId,
    {
      pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[4578][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
      description: 'ID-3: a channel or a conversation.',
    },
  ],
  [
    isEventId,
    {
      pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
      description: 'ID-4: an event; sortable as text in display order.',
    },
  ],
  [isMemberId, { pattern: '^[a-z2-7]{26}$', description: 'ID-6: a member of one server.' }],
  [isUserName, { pattern: '^[a-z0-9][a-z0-9._-]{0,31}$', description: 'ID-7: a user of this node.' }],
  [isDeviceId, { pattern: '^[A-Za-z0-9._-]{1,64}$', description: 'ID-9: a device; the MQTT client id.' }],
  [isClientMessageId, { pattern: '^[\\x21-\\x7e]{1,64}$', description: 'MSG-3: the sender’s own id.' }],
  [isEmojiName, { pattern: '^[a-z0-9_]{2,32}$', description: 'MSGS-13: an emoji of the server, without colons.' }],
])

type OverrideOf = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>
type Overridden = Parameters<OverrideOf>[0]

const override = ({ zodSchema, jsonSchema, path }: Overridden): void => {
  const { def } = zodSchema._zod
  if (def.type === 'custom') {
    const said = byPredicate.get((def as { fn?: unknown }).fn)
    if (said === undefined) throw new Error(`no JSON Schema for the predicate at ${path.join('/')}`)
    Object.assign(jsonSchema, { type: 'string', ...said, ...jsonSchema })
  }
  const conditions = conditionsOf(def)
  if (conditions.length > 0) {
    jsonSchema.description = [jsonSchema.description, ...conditions].filter((text) => text !== undefined).join(' ')
  }
  // Numbers of ours are exact in JSON anyway; the bounds of a double's integers say nothing.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

/** What a refinement asks for, which JSON Schema cannot: in its own words. */
const conditionsOf = ({ checks = [] }: Overridden['zodSchema']['_zod']['def']): string[] =>
  checks.flatMap(({ _zod: { def } }) => {
    const said = def.check === 'custom' ? def.error?.({} as never) : undefined
    const text = typeof said === 'string' ? said : said?.message
    return text === undefined ? [] : [`Condition: ${text}.`]
  })

/**
 * Every named schema (`named.ts`) as JSON Schema; references go where `uri` says. As input: what has a default may be left
 * out, and objects that are not strict may hold more (CALL-3).
 */
export const jsonSchemas = (
  uri: (name: string) => string,
  target: 'draft-07' | 'draft-2020-12',
): ReadonlyMap<string, JsonSchema> => {
  const { schemas } = z.toJSONSchema(registry, { uri, target, io: 'input', unrepresentable: 'any', override })
  return new Map(
    Object.entries(schemas).map(([name, { $schema: _schema, $id: _id, id: _name, ...schema }]) => [name, schema]),
  )
}

/** The names that a schema leads to, itself not among them unless it leads back. */
export const referencesOf = (schemas: ReadonlyMap<string, JsonSchema>, from: string, prefix: string): Set<string> => {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key !== '$ref' || typeof inner !== 'string') {
        visit(inner)
        continue
      }
      const name = inner.slice(prefix.length)
      if (found.has(name)) continue
      found.add(name)
      visit(schemas.get(name))
    }
  }
  visit(schemas.get(from))
  return found
}
