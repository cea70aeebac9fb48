/** People who talk on a node that may die under them, and what was promised to them. */
import assert from 'node:assert/strict'
import { z } from 'zod'
import { history } from '../../spec/calls/history.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { eventJson } from '../../spec/message.ts'
import type { EventJson } from '../../spec/message.ts'
import { openAdmin } from '../support/admin.ts'
import { callNode } from '../support/calls.ts'
import { connectClient } from '../support/mqtt-client.ts'
import type { TestClient } from '../support/mqtt-client.ts'
import type { NodeProcess } from '../support/node-process.ts'

const inFlightMax = 20

/** A channel of a node and somebody who may talk there. */
export interface Place {
  readonly node: NodeProcess
  readonly channel: ChannelId
  readonly user: string
  readonly password: string
}

/** The channel of the first start, and the app token that the card shows. */
export const firstPlace = async (node: NodeProcess): Promise<Place> => {
  const { server, channel: handle, user, token } = node.firstRun
  await using admin = await openAdmin(node.data)
  const { channelList } = await admin.call(serverSchema, 'server show', { server })
  const found = channelList.find(({ channel }) => channel === handle)
  if (found === undefined) throw new Error(`no channel ${handle} in ${server}`)
  return { node, channel: found.id as ChannelId, user, password: token }
}

const serverSchema = z.looseObject({ channelList: z.array(z.looseObject({ channel: z.string(), id: z.string() })) })

/** Connects as the user of the place, from the device `clientId`. */
export const enter = async (
  place: Place,
  clientId: string,
  init: { readonly version?: 4 | 5; readonly persistent?: boolean } = {},
): Promise<TestClient> =>
  connectClient({
    url: place.node.ready.addresses.mqtt,
    user: place.user,
    password: place.password,
    clientId,
    version: init.version ?? 5,
    options: {
      clean: init.persistent !== true,
      ...(init.persistent === true && init.version !== 4 && { properties: { sessionExpiryInterval: 3_600 } }),
    },
  })

/** Says the texts in order, a few at a time under way, and has each acknowledged. */
export const tell = async (place: Place, texts: readonly string[]): Promise<void> => {
  await using client = await enter(place, 'talker')
  for (let from = 0; from < texts.length; from += inFlightMax) {
    const few = texts.slice(from, from + inFlightMax)
    const acks = await Promise.all(few.map((text) => client.publish(`c/${place.channel}/say`, text)))
    for (const { code, reason } of acks) assert.equal(code, 0, reason)
  }
}

/** Everything that the node gives as the history of the channel, oldest first, by the call that members use. */
export const readHistory = async (place: Place): Promise<EventJson[]> => {
  await using reader = await enter(place, 'reader')
  await reader.subscribe(`u/${place.user}/reply`)
  const events: EventJson[] = []
  for (let before: EventId | undefined; ;) {
    const anchor = before === undefined ? {} : { before }
    const page = await callNode(reader, place.user, history, { channel: place.channel, limit: 200, ...anchor })
    events.unshift(...page.events)
    if (page.events.length < 200) return events.filter(({ type }) => type === 'msg')
    before = page.events[0]?.id
  }
}

/** Says numbered messages in order, each with a client message id of its own; keeps saying what was not acknowledged. */
export interface Speaker {
  readonly name: string
  readonly said: readonly string[]
  readonly acknowledged: ReadonlySet<string>
  /** Talks until the connection ends; first repeats what the life before left unacknowledged. Resolves then. */
  talk(client: TestClient, onAcknowledged: () => void): Promise<void>
  /** Repeats what is left, and says nothing new. */
  finish(client: TestClient): Promise<void>
}

export const createSpeaker = (place: Place, name: string): Speaker => {
  const said: string[] = []
  const acknowledged = new Set<string>()
  const say = async (client: TestClient, text: string): Promise<void> => {
    const ack = await client.publish(
      `c/${place.channel}/send`,
      JSON.stringify({ body: text, id: text.replace(' ', '-') }),
    )
    assert.ok(ack.code < 0x80, `${text} was refused: ${ack.reason}`)
    acknowledged.add(text)
  }
  const left = (): string[] => said.filter((text) => !acknowledged.has(text))
  return {
    name,
    said,
    acknowledged,
    finish: async (client) => {
      await Promise.all(left().map((text) => say(client, text)))
    },
    talk: async (client, onAcknowledged) => {
      let open = true
      const lost = (): void => void (open = false)
      const inFlight = new Set<Promise<void>>()
      const start = (text: string): void => {
        const sending = say(client, text).then(onAcknowledged, lost)
        inFlight.add(sending)
        void sending.finally(() => inFlight.delete(sending))
      }
      left().forEach(start)
      while (open) {
        if (inFlight.size >= inFlightMax) await Promise.race(inFlight)
        else {
          const text = `${name} ${said.length}`
          said.push(text)
          start(text)
        }
      }
      await Promise.all(inFlight)
    },
  }
}

/** A member whose session outlives connections and kills, and who hears at least once, in order. */
export interface Listener {
  /** Connects; the session must be there after the first time. */
  join(): Promise<void>
  /** First copies of everything heard so far, in order of arrival, once the event at `position` is among them. */
  heardUpTo(position: number): Promise<EventJson[]>
}

export const createListener = (place: Place): Listener => {
  const topic = `c/${place.channel}/events`
  const lives: TestClient[] = []
  return {
    join: async () => {
      const client = await enter(place, 'listener', { persistent: true })
      if (lives.length === 0) assert.deepEqual(await client.subscribe(topic), [1])
      else assert.equal(client.connack.sessionPresent, true, 'the session of the listener was forgotten')
      lives.push(client)
    },
    heardUpTo: async (position) => {
      const isThere = (text: string): boolean => eventJson.parse(JSON.parse(text)).position === position
      await lives.at(-1)?.waitFor((message) => message.topic === topic && isThere(message.text))
      return firstCopies(lives.flatMap(({ received }) => received.map(({ text }) => eventJson.parse(JSON.parse(text)))))
    },
  }
}

/** At least once: a second copy must be the same event. */
const firstCopies = (events: readonly EventJson[]): EventJson[] => {
  const first = new Map<string, EventJson>()
  for (const event of events) {
    const known = first.get(event.id)
    if (known === undefined) first.set(event.id, event)
    else assert.deepEqual(event, known, `two different events with the id ${event.id}`)
  }
  return [...first.values()]
}
