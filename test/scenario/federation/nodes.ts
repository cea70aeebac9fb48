/** Home nodes in processes of their own, on addresses of their own, with people on stock MQTT clients. */
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { channelList } from '../../../spec/calls/channel.list.ts'
import { history } from '../../../spec/calls/history.ts'
import { serverJoin } from '../../../spec/calls/server.join.ts'
import type { ChannelId, EventId, ServerId, UserName } from '../../../spec/ids.ts'
import type { EventJson } from '../../../spec/message.ts'
import { callNode } from '../../support/calls.ts'
import { checkDelivery } from '../../support/deliveries.ts'
import { connectClient, type TestClient } from '../../support/mqtt-client.ts'
import { startNode, type NodeOptions, type NodeProcess } from '../../support/node-process.ts'

export const password = 'correct horse battery'

export interface Site extends AsyncDisposable {
  readonly node: NodeProcess
  readonly nodeId: string
  /** Makes an account by invite at its first CONNECT, and connects. */
  person(user: string): Promise<Person>
  /** A link to the first server of this node, for people of other nodes. */
  link(): Promise<string>
}

export interface Person extends AsyncDisposable {
  readonly user: UserName
  readonly client: TestClient
  join(link: string): Promise<ServerId>
  channel(server: string, handle: string): Promise<ChannelId>
  channels(server: string): Promise<string[]>
  /** Says it, waits for the PUBACK. */
  say(channel: ChannelId, text: string): Promise<void>
  /** Resolves when a message with that text is heard; `hear` has subscribed. */
  heard(text: string): Promise<EventJson>
  hear(channel: ChannelId): Promise<void>
  /** All of a channel as this node has it, in the order in which people see it. */
  read(channel: ChannelId): Promise<EventJson[]>
  inbox(type: string, matches?: (event: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  /** Connects anew, after the node was away. */
  back(): Promise<void>
  /** The same user on another process with the node's data. */
  at(node: NodeProcess): Promise<Person>
}

const statusSchema = z.looseObject({ nodeId: z.string() })
const linkSchema = z.looseObject({ link: z.string(), code: z.string() })

/** `host`: 127.0.0.x, so that each node has an address of its own. */
export const openSite = async (
  name: string,
  host: string,
  { port = 0, flags = [], ...options }: { readonly port?: number } & NodeOptions = {},
): Promise<Site> => {
  const node = await startNode({
    startTimeoutMs: 30_000,
    ...options,
    flags: ['--name', name, '--bind', host, '--message-rate', '0', '--p2p-port', String(port), ...flags],
  })
  const { nodeId } = await node.ask(statusSchema, 'status')
  return {
    node,
    nodeId,
    link: async () => (await node.ask(linkSchema, 'invite', 'create', '--remote', '--uses', '10')).link,
    person: async (user) => {
      const { code } = await node.ask(linkSchema, 'invite', 'create')
      return enter(node, user as UserName, `${code}:${password}`)
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  }
}

const enter = async (node: NodeProcess, user: UserName, secret: string): Promise<Person> => {
  const connect = async (with_: string): Promise<TestClient> => {
    const url = node.ready.addresses.mqtt
    const made = await connectClient({ url, user, password: with_, clientId: `${user}-laptop`, check: checkDelivery })
    await made.subscribe([`u/${user}/reply`, `u/${user}/inbox`])
    return made
  }
  let client = await connect(secret)
  const heardIn = new Set<ChannelId>()
  const person: Person = {
    user,
    get client() {
      return client
    },
    join: async (link) => (await callNode(client, user, serverJoin, { invite: link })).server,
    channels: async (server) => {
      const { channels } = await callNode(client, user, channelList, { server })
      return channels.map(({ handle }) => handle).sort()
    },
    channel: async (server, handle) => {
      const { channels } = await callNode(client, user, channelList, { server })
      const found = channels.find((channel) => channel.handle === handle)
      if (found === undefined) throw new Error(`${user} sees no channel ${handle}`)
      return found.id
    },
    say: async (channel, text) => {
      const { code, reason } = await client.publish(`c/${channel}/say`, text)
      if (code !== 0) throw new Error(reason)
    },
    hear: async (channel) => {
      heardIn.add(channel)
      const [granted] = await client.subscribe(`c/${channel}/events`)
      if (granted !== 1) throw new Error(`${user} may not read ${channel}`)
    },
    heard: async (text) => {
      const { text: json } = await client.waitFor(
        (message) => message.topic.endsWith('/events') && bodyOf(message.text) === text,
      )
      return JSON.parse(json) as EventJson
    },
    read: async (channel) => {
      const events: EventJson[] = []
      let before: EventId | undefined
      for (;;) {
        const page = await callNode(client, user, history, { channel, limit: 200, ...(before && { before }) })
        events.push(...page.events)
        const oldest = page.events.map(({ id }) => id).sort()[0]
        if (page.events.length < 200 || oldest === undefined) break
        before = oldest
      }
      return events.sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    inbox: async (type, matches = () => true) => {
      const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>
      const { text } = await client.waitFor(
        (message) =>
          message.topic === `u/${user}/inbox` && parsed(message.text)['type'] === type && matches(parsed(message.text)),
      )
      return parsed(text)
    },
    back: async () => {
      client = await connect(password)
      for (const channel of heardIn) await client.subscribe(`c/${channel}/events`)
    },
    at: (other) => enter(other, user, password),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
  return person
}

const bodyOf = (json: string): unknown => (JSON.parse(json) as { readonly body?: unknown }).body

/** What all nodes must agree on: everything but where it arrived here, and as whom the node knows its author. */
export const shared = (events: readonly EventJson[]): unknown[] =>
  events.map(({ position: _position, author, ...event }) => ({ ...event, member: author.member }))

/** Calls are limited for each person (LIMIT-1). */
const pollMs = 20

/** Reads until all have the same of a channel, and the last of `text`; nobody is told of what comes late. */
export const untilAlike = async (
  people: readonly Person[],
  channel: ChannelId,
  text: string | undefined,
): Promise<EventJson[]> => {
  for (;;) {
    const [first = [], ...others] = await Promise.all(people.map((person) => person.read(channel)))
    const isAlike = others.every((other) => isDeepStrictEqual(shared(other), shared(first)))
    if (isAlike && first.some(({ body }) => body === text)) return first
    await delay(pollMs)
  }
}
