/** Threats 34 and 35, for every call there is: what is wrong is refused by name, whatever it is, and the node goes on. */
import assert from 'node:assert/strict'
import { errorsOf } from '../../../spec/calls/call.ts'
import { errorTable, type ErrorCode } from '../../../spec/errors.ts'
import { limits } from '../../../spec/limits.ts'
import { publishTopics } from '../../../spec/topic-table.ts'
import { calls } from '../../support/schemas/calls.ts'
import { isTaken, sampleOf, variationsOf } from '../../support/schemas/inputs.ts'
import { jsonSchemas, type JsonSchema } from '../../support/schemas/json-schema.ts'
import { openAsking, type Asking } from './asking.ts'
import { openCommunity, type Community } from '../talking/community.ts'

const schemas = jsonSchemas((name) => name, 'draft-2020-12')
const lookUp = (name: string): JsonSchema => schemas.get(name) ?? {}

const callsOfOne = 12

/** What no call takes, whatever its input is. */
const hostile: readonly (readonly [string, string | Uint8Array, ErrorCode])[] = [
  ['an array', '[1]', 'BAD_REQUEST'],
  ['a number', '7', 'BAD_REQUEST'],
  ['an id that is no text', '{"id":{}}', 'BAD_REQUEST'],
  ['an id that is too long', `{"id":"${'x'.repeat(limits.clientMessageIdBytesMax + 1)}"}`, 'BAD_REQUEST'],
  ['half a document', '{"channel":', 'JSON_INVALID'],
  ['a comment', '{}//', 'JSON_INVALID'],
  ['__proto__', '{"__proto__":{"user":"root"}}', 'JSON_INVALID'],
  ['an endless number', '{"x":1e999}', 'JSON_INVALID'],
  ['a lone surrogate', String.raw`{"x":"\ud800"}`, 'NOT_UTF8'],
  ['bytes that are no text', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 'NOT_UTF8'],
  ['depth', `{"x":${'['.repeat(60)}${']'.repeat(60)}}`, 'JSON_TOO_DEEP'],
  ['60,000 characters in a field of its own', `{"no such field":"${'x'.repeat(60_000)}"}`, 'UNKNOWN_FIELD'],
]

describe('every call and what is wrong with it', () => {
  const cleanUp = new AsyncDisposableStack()
  let community: Community
  const people = new Map<string, Promise<Asking>>()

  before(async () => {
    community = cleanUp.use(await openCommunity({ flags: ['--name', 'home', '--message-rate', '0'] }))
  })
  after(() => cleanUp.disposeAsync())

  /** Each makes fewer calls than the rate allows at once: it is not the rate that refuses them. */
  const ask: Asking = async (method, payload) => {
    const user = `mallory${1 + Math.floor(calls.findIndex((call) => call.method === method) / callsOfOne)}`
    if (!people.has(user)) {
      people.set(
        user,
        community.join(user).then((client) => openAsking(cleanUp.use(client), user)),
      )
    }
    const asking = await people.get(user)
    assert.ok(asking)
    return asking(method, payload)
  }

  const refusal = async (method: string, payload: string | Uint8Array): Promise<{ code: string; message: string }> => {
    const { error } = await ask(method, payload)
    assert.ok(error !== undefined, `${method} took it`)
    return error
  }

  for (const call of calls) {
    const { method, input } = call
    const schema = lookUp(`${method}.input`)
    // CALL-2, CALL-3, CALL-4, ENC-8 to ENC-12
    it(`${method}: what is no input is refused by name`, async () => {
      await Promise.all(
        hostile.map(async ([what, payload, code]) => assert.equal((await refusal(method, payload)).code, code, what)),
      )
      const sample = { ...(sampleOf(schema, lookUp) as object), colour: 'red' }
      const error = await refusal(method, JSON.stringify(sample))
      assert.equal(error.code, 'UNKNOWN_FIELD')
      assert.match(error.message, /colour/)
    })

    it(`${method}: every field, spoiled in every way`, async () => {
      const variations = variationsOf(schema, lookUp)
      await Promise.all(
        variations.map(async ({ what, input: value }) => {
          const { error } = await ask(method, JSON.stringify(value))
          const code = error?.code
          assert.notEqual(code, 'INTERNAL', `${what}: ${JSON.stringify(value).slice(0, 300)}`)
          if (code !== undefined)
            assert.ok(errorsOf(call).includes(code), `${what}: ${code} is not in the spec of ${method}`)
          if (!input.safeParse(value).success)
            assert.ok(code !== undefined && badInput.has(code), `${what}: ${code ?? 'taken'}`)
        }),
      )
    })
  }

  for (const { name, address, payload, errors } of publishTopics) {
    if (name === 'call' || name === 'typing' || name === 'say') continue
    it(`${address}: every field, spoiled in every way`, async () => {
      const user = `oscar-${name}`
      const client = cleanUp.use(await community.join(user))
      const topic = address.replace('c/{channel}', 's/home/general').replace('{me}', user)
      const schema = lookUp(`publish.${name}`)
      const variations = variationsOf(schema, lookUp)
      await Promise.all(
        [...variations, { what: 'colour', input: { colour: 'red' } }].map(async ({ what, input }) => {
          const { code, reason = '' } = await client.publish(topic, JSON.stringify(input))
          const refused = /^([A-Z_]+): ./.exec(reason)?.[1]
          if (!isTaken(payload, input)) assert.ok(code >= 0x80, `${what} was taken`)
          if (code >= 0x80) assert.ok((errors as readonly string[]).includes(refused ?? ''), `${what}: ${reason}`)
        }),
      )
      assert.match((await client.publish(topic, '{"colour":"red"}')).reason ?? '', /^(?:UNKNOWN_FIELD|BAD_REQUEST): /)
    })
  }

  // threat 10
  it('a packet past its bound ends the connection with a name, and nothing else', async () => {
    const client = await community.join('trudy')
    const payload = `{"x":"${'x'.repeat(limits.packetBytesMax)}"}`
    await assert.rejects(client.publish('u/trudy/call/history', payload))
    const disconnect = await client.closed
    assert.equal(disconnect?.reasonCode, errorTable.PACKET_TOO_LARGE.mqtt)
    assert.ok((await ask('account.show', '{}')).result)
  })

  it('a call that is not there is NOT_FOUND, also by the names of JavaScript', async () => {
    for (const method of ['no.such', 'constructor', 'history.constructor', 'valueof']) {
      assert.equal((await refusal(method, '{}')).code, 'NOT_FOUND')
    }
  })
})

const badInput: ReadonlySet<string> = new Set([
  'BAD_REQUEST',
  'UNKNOWN_FIELD',
  'TEXT_EMPTY',
  'TEXT_TOO_LONG',
  'NOT_UTF8',
  'PACKET_TOO_LARGE',
])
