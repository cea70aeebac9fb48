/** Who may make a call, for every call there is: app tokens by their scope (CALL-5), members by their permissions (CALL-4). */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { messagePin } from '../../../spec/calls/message.pin.ts'
import { messageReact } from '../../../spec/calls/message.react.ts'
import { roleList } from '../../../spec/calls/role.list.ts'
import { tokenCreate } from '../../../spec/calls/token.create.ts'
import type { EventId } from '../../../spec/ids.ts'
import { permissions } from '../../../spec/permissions.ts'
import { callNode } from '../../support/calls.ts'
import type { TestClient } from '../../support/mqtt-client.ts'
import { calls } from '../../support/schemas/calls.ts'
import { sampleOf } from '../../support/schemas/inputs.ts'
import { jsonSchemas, type JsonSchema } from '../../support/schemas/json-schema.ts'
import { channelId, openCommunity, password, type Community } from '../talking/community.ts'
import { openAsking, type Asking } from './asking.ts'

const schemas = jsonSchemas((name) => name, 'draft-2020-12')
const lookUp = (name: string): JsonSchema => schemas.get(name) ?? {}
const eventSchema = z.looseObject({ id: z.string(), clientId: z.string().optional() })

/** What members have without a role above `everyone`. */
const everybodys: ReadonlySet<string> = new Set(['read', 'send'])

describe('every call and who may make it', () => {
  const cleanUp = new AsyncDisposableStack()
  let community: Community
  let ada: TestClient
  let askBob: Asking
  /** Things that are there, by the name of the field that wants one. */
  let things: Readonly<Record<string, unknown>> = {}
  /** What a call wants besides: of fields that may be left out one, and what is there to be taken away. */
  let ofCall: Readonly<Record<string, object>> = {}
  let mine: Readonly<Record<string, unknown>> = {}

  /** A message of somebody, by its id. */
  const say = async (client: TestClient, channel: string): Promise<string> => {
    const id = randomUUID()
    await client.publish(`c/${channel}/send`, JSON.stringify({ body: 'hello', id }))
    const { text } = await client.waitFor(
      ({ topic, text: said }) => topic === `c/${channel}/events` && eventSchema.parse(JSON.parse(said)).clientId === id,
    )
    return eventSchema.parse(JSON.parse(text)).id
  }

  const inputOf = (method: string, known: Readonly<Record<string, unknown>>): string => {
    const sample = sampleOf(lookUp(`${method}.input`), lookUp) as Record<string, unknown>
    const fields = Object.entries(sample).map(([name, value]) => [name, known[name] ?? value])
    return JSON.stringify({ ...Object.fromEntries(fields), ...ofCall[method] })
  }

  before(async () => {
    community = cleanUp.use(await openCommunity())
    const { server } = community
    ada = cleanUp.use(await community.join('ada'))
    const bob = cleanUp.use(await community.join('bob'))
    askBob = await openAsking(bob, 'bob')
    const admin = cleanUp.use(
      await community.enter('root', { password: `${community.node.firstRun.adminInvite}:${password}` }),
    )
    const channel = await channelId(ada, 'ada', 'general', server)
    for (const client of [ada, bob]) await client.subscribe([`c/${channel}/events`])
    const { roles } = await callNode(ada, 'ada', roleList, { server })
    const role = roles.find(({ rank }) => rank > 0)?.name
    const target = await say(ada, channel)
    const plain = { image: 'iVBORw0KGgo=', emoji: '👍' }
    things = {
      server,
      channel,
      to: channel,
      target,
      thread: target,
      member: 'ada',
      role,
      who: { member: 'ada' },
      ...plain,
    }
    /** Pinned, and with a reaction of ada's. */
    const marked = await say(ada, channel)
    await admin.subscribe('u/root/reply')
    await callNode(admin, 'root', messagePin, { channel, target: marked as EventId })
    await callNode(ada, 'ada', messageReact, { channel, target: marked as EventId, emoji: plain.emoji })
    ofCall = {
      catchup: { channels: [channel], from: 0 },
      'inbox.dismiss': { ids: [1] },
      'notify.set': { channel },
      'message.unpin': { target: marked },
      'message.unreact': { target: marked },
    }
    mine = { ...things, target: await say(bob, channel), thread: target }
  })
  after(() => cleanUp.disposeAsync())

  const withToken = async (scope: { send: boolean; read: boolean }): Promise<Asking> => {
    const { secret } = await callNode(ada, 'ada', tokenCreate, { name: 'bot', ...scope })
    const clientId = `auto-${randomUUID().replaceAll('-', '')}`
    return openAsking(cleanUp.use(await community.enter('ada', { password: secret, clientId })), 'ada')
  }

  const refused = async (ask: Asking, method: string, known = things): Promise<string> => {
    const { error } = await ask(method, inputOf(method, known))
    assert.ok(error !== undefined, `${method} was done`)
    assert.equal(error.code, 'NOT_ALLOWED', `${method}: ${error.message}`)
    return error.message
  }

  // CALL-5
  it('an app token that may all makes no call that is for none', async () => {
    const ask = await withToken({ send: true, read: true })
    for (const { method, token } of calls) if (token === 'none') await refused(ask, method)
  })

  // CALL-5
  it('one that may only send does not read, one that may only read does not send', async () => {
    const sender = await withToken({ send: true, read: false })
    const reader = await withToken({ send: false, read: true })
    for (const { method, token } of calls) {
      if (token === 'read') await refused(sender, method)
      if (token === 'send') await refused(reader, method)
    }
  })

  // CALL-5
  it('one that may does', async () => {
    const ask = await withToken({ send: true, read: true })
    const { channel } = things
    assert.ok((await ask('history', JSON.stringify({ channel }))).result)
    assert.ok((await ask('message.react', JSON.stringify({ channel, target: things['target'], emoji: '👍' }))).result)
    assert.ok((await ask('emoji.list', JSON.stringify({ server: things['server'] }))).result)
  })

  // CALL-4
  it('a member without a permission is told which one is missing', async () => {
    const asked = new Set<string>()
    for (const { method, permissions: needed = {} } of calls) {
      const missing = permissions.filter((name) => name in needed && !everybodys.has(name))
      if (missing.length === 0) continue
      const message = await refused(askBob, method)
      assert.ok(
        missing.some((name) => message.includes(name)),
        `${method}: "${message}" names none of ${missing.join(', ')}`,
      )
      for (const name of missing) asked.add(name)
    }
    assert.ok(asked.size >= 6, [...asked].join())
  })

  it('for one’s own message none is asked for', async () => {
    assert.ok((await askBob('message.delete', inputOf('message.delete', mine))).result)
  })
})
