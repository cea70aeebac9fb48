import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Parser } from '@asyncapi/parser'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'
import { permissions } from '../../../spec/permissions.ts'
import { deliveryTopics, publishTopics } from '../../../spec/topic-table.ts'
import { calls } from '../../support/schemas/calls.ts'
import { isTaken, sampleOf, variationsOf } from '../../support/schemas/inputs.ts'
import { jsonSchemas, type JsonSchema } from '../../support/schemas/json-schema.ts'
import { generated, generatedFolder, generatedPaths } from '../../support/schemas/make.ts'

const asyncApi = z.looseObject({
  components: z.looseObject({
    schemas: z.record(z.string(), z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() })),
  }),
  asyncapi: z.string().regex(/^3\./),
  channels: z.record(z.string(), z.looseObject({ address: z.string(), messages: z.record(z.string(), z.unknown()) })),
  operations: z.record(
    z.string(),
    z.looseObject({
      action: z.enum(['send', 'receive']),
      reply: z.looseObject({}).optional(),
      'x-errors': z.array(z.string()).optional(),
      'x-permissions': z.partialRecord(z.enum(permissions), z.string()).optional(),
      'x-app-token': z.string().optional(),
    }),
  ),
})

describe('spec/generated', () => {
  const files = generated()

  it('is what npm run schemas makes', async () => {
    assert.deepEqual((await generatedPaths()).sort(), [...files.keys()].sort(), 'run: npm run schemas')
    for (const [path, text] of files) {
      const isSame = readFileSync(join(generatedFolder, path), 'utf8') === text
      assert.ok(isSame, `spec/generated/${path} is out of date; run: npm run schemas`)
    }
  })

  it('is an AsyncAPI document in which the parser finds nothing to say', async () => {
    const diagnostics = await new Parser().validate(files.get('asyncapi.json') ?? '')
    assert.deepEqual(
      diagnostics.map(({ severity, path, message }) => `${severity} ${path.join('/')}: ${message}`),
      [],
    )
  })

  it('has every topic and every call, with payload, reply, errors and permissions', () => {
    const { channels, operations, components } = asyncApi.parse(JSON.parse(files.get('asyncapi.json') ?? ''))
    const requestsWithId = new Set(
      calls.flatMap(({ method }) =>
        'id' in (components.schemas[`${method}.request`]?.properties ?? {}) ? [method] : [],
      ),
    )
    const addresses = new Set(Object.values(channels).map(({ address }) => address))
    for (const { address, name } of [...publishTopics, ...deliveryTopics]) {
      if (name !== 'call') assert.ok(addresses.has(address), address)
      if (name !== 'call' && address.startsWith('c/')) assert.ok(addresses.has(`s/{server}/{handle}/${name}`), name)
    }
    for (const { method, errors, permissions: asked, token } of calls) {
      const operation = operations[method]
      assert.ok(operation?.reply !== undefined && operation.action === 'receive', method)
      assert.deepEqual(operation['x-errors'], errors)
      assert.deepEqual(operation['x-permissions'], asked)
      assert.equal(operation['x-app-token'], token)
      assert.ok(requestsWithId.has(method), 'CALL-2: a request may have an id')
      assert.equal(channels[method]?.address, `u/{me}/call/${method}`)
    }
    for (const { messages } of Object.values(channels)) assert.ok(Object.keys(messages).length > 0)
  })
})

/** Threat 34: what the node takes, and nothing else. */
describe('the generated schemas beside the ones that they are made of', () => {
  const schemas = jsonSchemas((name) => `#/$defs/${name}`, 'draft-2020-12')
  const lookUp = (ref: string): JsonSchema => schemas.get(ref.slice('#/$defs/'.length)) ?? {}
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'all', $defs: Object.fromEntries(schemas) })

  for (const { method, input } of calls) {
    it(`${method}: a generated schema takes whatever the node takes`, () => {
      const schema = lookUp(`#/$defs/${method}.input`)
      const validate = ajv.getSchema(`all#/$defs/${method}.input`)
      assert.ok(validate)
      const accepts = (value: unknown): boolean => validate(value) === true
      const sample = sampleOf(schema, lookUp)
      assert.ok(accepts(sample), JSON.stringify(sample))
      for (const { what, input: value } of variationsOf(schema, lookUp)) {
        if (isTaken(input, value)) assert.ok(accepts(value), `${what} is taken by the node, not by the schema`)
      }
      assert.ok(!accepts({ ...(sample as object), 'no such field': 1 }))
    })
  }
})
