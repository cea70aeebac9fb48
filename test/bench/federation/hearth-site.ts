/** A real home node of this bench, with its people logged in by app tokens. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { limits } from '../../../spec/limits.ts'
import { openAdmin } from '../../support/admin.ts'
import { connectClient } from '../../support/mqtt-client.ts'
import { startNode, type NodeProcess } from '../../support/node-process.ts'
import { openMqtt, type MqttSession } from './mqtt-session.ts'
import { inParallel } from '../in-parallel.ts'
import { freePort } from './processes.ts'

export interface Login {
  readonly user: string
  readonly clientId: string
  /** Lets talk, read and listen; for the rest it takes the password, which costs a hash. */
  readonly token: string
  readonly password: string
}

export interface HearthSite extends AsyncDisposable {
  readonly node: NodeProcess
  /** Where other nodes reach it; the same after a restart. */
  readonly p2pPort: number
  /** At least `count` logins: people with as many devices as one may have. New people join by `link`, if one is given. */
  logins(count: number, link?: string): Promise<readonly Login[]>
  connect(login: Login): Promise<MqttSession>
  /** One admin command; throws the node's named error. */
  ask<T extends z.ZodType>(answer: T, command: string, input: Record<string, unknown>): Promise<z.output<T>>
}

export const startSite = async (name: string, host: string, folder: string): Promise<HearthSite> => {
  const p2pPort = await freePort(host)
  const node = await startNode({
    data: join(folder, `hearth-${name}`),
    flags: `--name ${name} --bind ${host} --p2p-port ${p2pPort} ${flags}`.split(' '),
    startTimeoutMs: 60_000,
  })
  const known: Login[] = []
  const ask: HearthSite['ask'] = async (answer, command, input) => {
    await using admin = await openAdmin(node.data)
    return await admin.call(answer, command, input)
  }

  const addPerson = async (invite: string, link: string | undefined): Promise<void> => {
    const user = `${name}${(people += 1)}`
    const password = randomUUID()
    const url = node.ready.addresses.mqtt
    const client = await connectClient({ url, user, password: `${invite}:${password}`, clientId: `${user}-0` })
    await client[Symbol.asyncDispose]()
    if (link !== undefined) await ask(z.unknown(), 'server join', { invite: link, user })
    const { token } = await ask(z.object({ token: z.string() }), 'token create', { user, label: 'bench' })
    for (let device = 0; device < limits.devicesPerUserMax; device += 1) {
      known.push({ user, clientId: `${user}-${device}`, token, password })
    }
  }
  let people = 0

  return {
    node,
    p2pPort,
    ask,
    logins: async (count, link) => {
      const missing = Math.ceil((count - known.length) / limits.devicesPerUserMax)
      if (missing > 0) {
        const { code } = await ask(z.object({ code: z.string() }), 'invite create', { uses: missing })
        await inParallel(missing, () => addPerson(code, link))
      }
      return known.slice(0, count)
    },
    connect: async ({ user, clientId, token }) => {
      const { hostname, port } = new URL(node.ready.addresses.mqtt)
      return openMqtt({ host: hostname, port: Number(port), clientId, user, password: token })
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  }
}

const flags = '--message-rate 0 --log-level warn --connections-max 5000'
