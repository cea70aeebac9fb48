import type { z } from 'zod'
import type { CallSpec } from '../../../spec/calls/call.ts'
import { block } from '../../../spec/calls/block.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { callNode } from '../../support/calls.ts'
import type { Received, TestClient } from '../../support/mqtt-client.ts'
import type { Community } from '../talking/community.ts'

/** Somebody at a stock MQTT client, listening to everything that concerns them. */
export interface Someone {
  readonly name: string
  readonly client: TestClient
  call<I extends z.ZodType, O extends z.ZodType>(spec: CallSpec<I, O>, input: z.input<I>): Promise<z.output<O>>
  /** The first message of that type in the inbox, arrived or to come. */
  inbox(type: string): Promise<Record<string, unknown>>
  /** Everything that has arrived is here: an answer comes after it. */
  flushed(): Promise<readonly Received[]>
}

export const someone = async (community: Community, name: string, version: 4 | 5 = 5): Promise<Someone> =>
  listening(name, await community.join(name, { version }))

/** Comes back after a restart. */
export const again = async (community: Community, name: string, version: 4 | 5 = 5): Promise<Someone> =>
  listening(name, await community.enter(name, { version }))

export const listening = async (name: string, client: TestClient): Promise<Someone> => {
  await client.subscribe([`u/${name}/reply`, `u/${name}/inbox`, `u/${name}/errors`, 'u/+/presence'])
  return someoneAt(name, client)
}

let requests = 0

const someoneAt = (name: string, client: TestClient): Someone => {
  const isVersion5 = client.connack.properties !== undefined
  const call: Someone['call'] = async (spec, input) => {
    if (isVersion5) return callNode(client, name, spec, input)
    return callBefore5(client, name, spec, input)
  }
  return {
    name,
    client,
    call,
    inbox: async (type) => {
      const { text } = await client.waitFor(
        ({ topic, text: json }) => topic === `u/${name}/inbox` && (JSON.parse(json) as { type: string }).type === type,
      )
      return JSON.parse(text) as Record<string, unknown>
    },
    flushed: async () => {
      const id = `flush-${++requests}`
      await client.publish(`u/${name}/call/account.show`, JSON.stringify({ id }))
      await client.waitFor(({ topic, text }) => topic === `u/${name}/reply` && text.includes(`"${id}"`))
      return client.received
    },
  }
}

/** CALL-2: asked with an id, answered on `u/{me}/reply`. */
const callBefore5 = async <I extends z.ZodType, O extends z.ZodType>(
  client: TestClient,
  user: string,
  spec: CallSpec<I, O>,
  input: z.input<I>,
): Promise<z.output<O>> => {
  const id = `request-${++requests}`
  await client.publish(`u/${user}/call/${spec.method}`, JSON.stringify({ ...(input as object), id }))
  const reply = await client.waitFor(({ topic, text }) => topic === `u/${user}/reply` && text.includes(`"${id}"`))
  const answer = JSON.parse(reply.text) as { result?: unknown; error?: { code: string; message: string } }
  if (answer.error !== undefined) throw Object.assign(new Error(answer.error.message), { code: answer.error.code })
  return spec.output.parse(answer.result)
}

export const befriend = async (one: Someone, other: Someone): Promise<void> => {
  await one.call(friendRequest, { address: other.name })
  await other.call(friendAccept, { address: one.name })
}

export const openDm = async (one: Someone, other: Someone): Promise<ChannelId> =>
  (await one.call(dmOpen, { address: other.name })).channel

export const blockFor = (one: Someone, other: Someone): Promise<unknown> => one.call(block, { address: other.name })
