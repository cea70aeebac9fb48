import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { limits } from '../../../spec/limits.ts'
import { openAdmin } from '../../support/admin.ts'
import { connectClient } from '../../support/mqtt-client.ts'
import { startNode } from '../../support/node-process.ts'
import { inParallel } from '../in-parallel.ts'
import { pinned } from './target.ts'
import type { ChannelTopics, Hear, Login, Target, TargetInit } from './target.ts'

/** A real home node, set up by its own admin commands: log on disk, fsync before PUBACK, permissions checked. */
export const startHearth = async (init: TargetInit): Promise<Target> => {
  const node = await startNode({
    data: join(init.folder, `hearth-${performance.now()}`),
    under: pinned(init.core),
    flags: ['--message-rate', '0', '--log-level', 'warn', '--connections-max', '20000'],
  })
  let logins: readonly Login[] = []
  let channels: readonly string[] = []
  return {
    name: 'Hearth',
    get pid() {
      return node.pid
    },
    get port() {
      return Number(new URL(node.ready.addresses.mqtt).port)
    },
    prepare: async (need) => {
      const { server } = node.firstRun
      const users = Math.ceil(need.logins / limits.devicesPerUserMax)
      await using admin = await openAdmin(node.data)
      const { code } = await admin.call(z.object({ code: z.string() }), 'invite create', { server, uses: users })
      const joining: Join = { data: node.data, url: node.ready.addresses.mqtt, invite: code }
      logins = (await inParallel(users, (index) => createUser(joining, index))).flat()
      channels = await inParallel(need.channels, (index) => createChannel(node.data, server, index))
      // What the set-up left in memory is not part of an idle node.
      await node.stop()
      await node.restart()
    },
    logins: (count) => logins.slice(0, count),
    channel: (index, hear) => topics(channels[index] ?? '', hear),
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  }
}

const topics = (channel: string, hear: Hear): ChannelTopics => ({
  publish: `c/${channel}/say`,
  subscribe: `c/${channel}/${hear}`,
})

interface Join {
  readonly data: string
  readonly url: string
  readonly invite: string
}

/** A member with one app token, on as many devices as a user may have. Signing up is one login with the invite. */
const createUser = async ({ data, url, invite }: Join, index: number): Promise<Login[]> => {
  const user = `bench${index}`
  const devices = Array.from({ length: limits.devicesPerUserMax }, (_, device) => `${user}-${device}`)
  const [clientId = user] = devices
  const client = await connectClient({ url, user, password: `${invite}:${randomUUID()}`, clientId })
  await client[Symbol.asyncDispose]()
  await using admin = await openAdmin(data)
  const { token } = await admin.call(z.object({ token: z.string() }), 'token create', { user, label: 'bench' })
  return devices.map((device) => ({ clientId: device, user, password: token }))
}

const createChannel = async (data: string, server: string, index: number): Promise<string> => {
  await using admin = await openAdmin(data)
  const input = { server, channel: `bench${index}` }
  return (await admin.call(z.object({ id: z.string() }), 'channel create', input)).id
}
