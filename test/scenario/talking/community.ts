import { z } from 'zod'
import { checkDelivery } from '../../support/deliveries.ts'
import { callNode } from '../../support/calls.ts'
import { channelList } from '../../../spec/calls/channel.list.ts'
import { connectClient, type ClientInit, type TestClient } from '../../support/mqtt-client.ts'
import { startNode, type NodeOptions, type NodeProcess } from '../../support/node-process.ts'

export const password = 'correct horse battery'

/** A real node with one server, and people who joined it by invite over plain MQTT. */
export interface Community extends AsyncDisposable {
  readonly node: NodeProcess
  readonly server: string
  /** Makes an account by invite at its first CONNECT, and connects. */
  join(user: string, init?: Partial<ClientInit>): Promise<TestClient>
  /** Connects somebody who has joined. */
  enter(user: string, init?: Partial<ClientInit>): Promise<TestClient>
  invite(...flags: readonly string[]): Promise<string>
}

export const openCommunity = async (options: NodeOptions = {}): Promise<Community> => {
  const node = await startNode({ flags: ['--message-rate', '0'], ...options })
  const { server } = node.firstRun
  const invite = async (...flags: readonly string[]): Promise<string> =>
    (await node.ask(z.looseObject({ code: z.string() }), 'invite', 'create', '--server', server, ...flags)).code
  const connect = (user: string, secret: string, init: Partial<ClientInit>): Promise<TestClient> =>
    connectClient({
      url: node.ready.addresses.mqtt,
      user,
      password: secret,
      clientId: `${user}-laptop`,
      check: checkDelivery,
      ...init,
    })
  return {
    node,
    server,
    invite,
    join: async (user, init = {}) => connect(user, `${await invite()}:${password}`, init),
    enter: (user, init = {}) => connect(user, password, init),
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  }
}

/** Id of a channel, as a member sees it. */
export const channelId = async (client: TestClient, user: string, handle: string, server: string): Promise<string> => {
  await client.subscribe(`u/${user}/reply`)
  const { channels } = await callNode(client, user, channelList, { server })
  const found = channels.find((channel) => channel.handle === handle)
  if (found === undefined) throw new Error(`${user} sees no channel ${handle}`)
  return found.id
}
