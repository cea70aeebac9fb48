/**
 * One AsyncAPI 3 document of what a home node takes and gives over MQTT: `receive` is what members publish, `send` what they
 * are delivered. A call is an operation with a reply.
 */
import { errorsOf, type CallSpec } from '../../../spec/calls/call.ts'
import type { ErrorCode } from '../../../spec/errors.ts'
import { limits } from '../../../spec/limits.ts'
import { inboxTypes } from '../../../spec/notices.ts'
import { deliveryTopics, publishTopics, type DeliverySpec, type PublishSpec } from '../../../spec/topic-table.ts'
import { calls } from './calls.ts'
import { jsonSchemas, type JsonSchema } from './json-schema.ts'

type Json = Readonly<Record<string, unknown>>

const schemaRef = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` })
const messageRef = (name: string): { $ref: string } => ({ $ref: `#/components/messages/${name}` })

const parameters: Readonly<Record<string, Json>> = {
  channel: { description: 'Id of a channel or a conversation (ID-3).' },
  server: { description: 'Handle of a server (ID-8).' },
  handle: { description: 'Handle of a channel in it (ID-8).' },
  me: { description: 'One’s own user name (ID-7).' },
  user: { description: 'A user of this node (ID-7), or the address of somebody of another (TOPIC-12).' },
}

/** With the parameters that stand in it. */
const channel = (address: string, description: string, messages: readonly string[], names = messages): Json => {
  const used = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return {
    address,
    description,
    messages: Object.fromEntries(messages.map((message, index) => [names[index] ?? message, messageRef(message)])),
    parameters: Object.fromEntries(used.map((name) => [name, parameters[name]])),
  }
}

/** TOPIC-3: a channel has its topics by id and by handles. */
const byHandle = (address: string): string | undefined =>
  address.startsWith('c/{channel}/') ? address.replace('c/{channel}/', 's/{server}/{handle}/') : undefined

/** A topic under each of its addresses. */
const twice = <T>(
  topic: PublishSpec | DeliverySpec,
  kind: string,
  make: (key: string, address: string) => T,
): [string, T][] => {
  const id = `${kind}.${topic.name}`
  const handles = byHandle(topic.address)
  return [
    [id, make(id, topic.address)],
    ...(handles === undefined ? [] : [[`${id}.by-handle`, make(id, handles)] as [string, T]]),
  ]
}

/** Extension fields: AsyncAPI has no place for named errors and permissions. */
const rights = (spec: {
  readonly errors?: readonly ErrorCode[]
  readonly permissions?: Readonly<Record<string, string>>
  readonly token?: string
}): Json => ({
  ...(spec.errors !== undefined && { 'x-errors': spec.errors }),
  ...(spec.permissions !== undefined && { 'x-permissions': spec.permissions }),
  ...(spec.token !== undefined && { 'x-app-token': spec.token }),
})

const inChannel = (permission: string | undefined): Readonly<Record<string, string>> | undefined =>
  permission === undefined ? undefined : { [permission]: 'in the channel' }

const mqttOperation = (qos: 0 | 1, retain: boolean): Json => ({
  mqtt: { qos, retain, bindingVersion: '0.2.0' },
})

const publishMessage = ({ name, summary, contentType }: PublishSpec | DeliverySpec, kind: string): Json => ({
  name: `${kind}.${name}`,
  title: summary,
  summary,
  contentType,
  payload: schemaRef(`${kind}.${name}`),
})

const requestId: JsonSchema = {
  type: 'string',
  maxLength: limits.clientMessageIdBytesMax,
  description: 'Of the request; comes back in the reply (CALL-2).',
}

/** CALL-2: the input of the call, and an id of the request's own. */
const withId = (input: JsonSchema, named: ReadonlyMap<string, JsonSchema>): JsonSchema => {
  const { $ref } = input
  if ($ref !== undefined) return withId(named.get($ref.slice(schemaRef('').$ref.length)) ?? {}, named)
  return { ...input, properties: { id: requestId, ...input.properties } }
}

const replyOf = (call: CallSpec): JsonSchema => ({
  oneOf: [
    {
      type: 'object',
      required: ['result'],
      properties: { id: { type: 'string' }, result: schemaRef(`${call.method}.output`) },
    },
    {
      type: 'object',
      required: ['error'],
      properties: {
        id: { type: 'string' },
        error: {
          type: 'object',
          required: ['code', 'message'],
          properties: { code: { type: 'string', enum: [...errorsOf(call)] }, message: { type: 'string' } },
        },
      },
    },
  ],
})

const callMessages = (call: CallSpec): [string, Json][] => [
  [
    `${call.method}.request`,
    {
      name: `${call.method}.request`,
      title: call.summary,
      summary: call.summary,
      contentType: 'application/json',
      payload: schemaRef(`${call.method}.request`),
      bindings: { mqtt: { responseTopic: 'u/{me}/reply', bindingVersion: '0.2.0' } },
    },
  ],
  [
    `${call.method}.reply`,
    {
      name: `${call.method}.reply`,
      title: `The answer of ${call.method}`,
      summary: `The answer of ${call.method}: a result, or a named error`,
      contentType: 'application/json',
      payload: schemaRef(`${call.method}.reply`),
    },
  ],
]

const callOperation = (call: CallSpec): [string, Json] => [
  call.method,
  {
    action: 'receive',
    summary: call.summary,
    channel: { $ref: `#/channels/${call.method}` },
    messages: [{ $ref: `#/channels/${call.method}/messages/request` }],
    reply: {
      channel: { $ref: `#/channels/${call.method}.reply` },
      messages: [{ $ref: `#/channels/${call.method}.reply/messages/reply` }],
    },
    bindings: mqttOperation(1, false),
    ...rights(call),
  },
]

const published = publishTopics.filter(({ name }) => name !== 'call')
const delivered = deliveryTopics.filter(({ name }) => name !== 'reply')

/** The messages of `u/{me}/inbox` are told apart by their `type`. */
const deliveredMessages = ({ name }: DeliverySpec): string[] =>
  name === 'inbox' ? [...inboxTypes.keys()].map((type) => `inbox.${type}`) : [`deliver.${name}`]

const replyTopic = deliveryTopics.find(({ name }) => name === 'reply')

/** A channel for each call, though they share an address: so that a reply is of its request. */
const replyText =
  'A request with an MQTT 5 Response Topic at or below this address is answered there, with its Correlation Data.'

const channels = (): Json =>
  Object.fromEntries<Json>([
    ...published.flatMap((topic) =>
      twice(topic, 'publish', (id, address) => channel(address, `${topic.summary}.`, [id])),
    ),
    ...delivered.flatMap((topic) =>
      twice(topic, 'deliver', (_, address) => channel(address, `${topic.summary}.`, deliveredMessages(topic))),
    ),
    ...calls.flatMap(({ method, summary }): [string, Json][] => [
      [method, channel(`u/{me}/call/${method}`, `${summary}.`, [`${method}.request`], ['request'])],
      [`${method}.reply`, channel(replyTopic?.address ?? '', replyText, [`${method}.reply`], ['reply'])],
    ]),
  ])

const operations = (): Json =>
  Object.fromEntries<Json>([
    ...published.flatMap((topic) =>
      twice(topic, 'publish', () => topic).map(([id]): [string, Json] => [
        id,
        {
          action: 'receive',
          summary: topic.summary,
          channel: { $ref: `#/channels/${id}` },
          bindings: mqttOperation(1, topic.mayRetain),
          ...rights({ errors: topic.errors, ...withPermissions(topic) }),
        },
      ]),
    ),
    ...delivered.flatMap((topic) =>
      twice(topic, 'deliver', () => topic).map(([id]): [string, Json] => [
        id,
        {
          action: 'send',
          summary: topic.summary,
          channel: { $ref: `#/channels/${id}` },
          bindings: mqttOperation(topic.qos, topic.retained),
          ...rights(withPermissions(topic)),
        },
      ]),
    ),
    ...calls.map(callOperation),
  ])

const withPermissions = ({ permission }: PublishSpec | DeliverySpec) => {
  const permissions = inChannel(permission)
  return permissions === undefined ? {} : { permissions }
}

const schemas = (): Json => {
  const made = jsonSchemas((name) => schemaRef(name).$ref, 'draft-07')
  // An AsyncAPI 3 schema is a draft-07 one; it knows no two keywords beside a reference.
  const all = new Map([...made].map(([name, schema]) => [name, unburdened(schema) as JsonSchema]))
  for (const call of calls) {
    all.set(`${call.method}.request`, withId(all.get(`${call.method}.input`) ?? {}, all))
    all.set(`${call.method}.reply`, replyOf(call))
  }
  return Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `$ref` beside other keywords hides them in draft-07: it goes into an `allOf`. */
const unburdened = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unburdened)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, unburdened(inner)])
  if (!('$ref' in value) || entries.length === 1) return Object.fromEntries(entries)
  return { allOf: [{ $ref: value.$ref }], ...Object.fromEntries(entries.filter(([key]) => key !== '$ref')) }
}

const messages = (): Json =>
  Object.fromEntries<Json>([
    ...published.map((topic): [string, Json] => [`publish.${topic.name}`, publishMessage(topic, 'publish')]),
    ...delivered
      .filter(({ name }) => name !== 'inbox')
      .map((topic): [string, Json] => [`deliver.${topic.name}`, publishMessage(topic, 'deliver')]),
    ...[...inboxTypes.keys()].map((type): [string, Json] => [
      `inbox.${type}`,
      {
        name: `inbox.${type}`,
        title: type,
        summary: `Told on the inbox as \`{"type": "${type}"}\``,
        contentType: 'application/json',
        payload: schemaRef(`inbox.${type}`),
      },
    ]),
    ...calls.flatMap(callMessages),
  ])

const security = [{ $ref: '#/components/securitySchemes/login' }]

export const asyncApi = (version: string): Json => ({
  asyncapi: '3.1.0',
  info: {
    title: 'Hearth home node',
    version,
    description:
      'What a home node takes and gives over MQTT 3.1.1 and 5. Generated from the schemas in spec/ by `npm run schemas`; the words are in spec/topics.md and spec/calls.md.',
    license: { name: 'MIT' },
    tags: [{ name: 'mqtt' }, { name: 'chat' }],
  },
  defaultContentType: 'application/json',
  servers: {
    mqtt: { host: '127.0.0.1:1883', protocol: 'mqtt', protocolVersion: '5', description: 'Plain text.', security },
    mqtts: { host: '127.0.0.1:8883', protocol: 'mqtts', protocolVersion: '5', description: 'TLS.', security },
    webSocket: {
      host: '127.0.0.1:8080',
      pathname: '/mqtt',
      protocol: 'ws',
      description: 'MQTT over WebSocket.',
      security,
    },
  },
  channels: channels(),
  operations: operations(),
  components: {
    securitySchemes: {
      login: {
        type: 'userPassword',
        description:
          'User name and password, app token or invite in CONNECT; the client id names the device (spec/accounts.md).',
      },
    },
    messages: messages(),
    schemas: schemas(),
  },
})
