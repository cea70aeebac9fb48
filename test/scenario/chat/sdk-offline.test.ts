import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, openStore, type ConnectInit, type Session } from '../../../client/sdk/index.ts'
import { channelList } from '../../../spec/calls/channel.list.ts'
import { serverList } from '../../../spec/calls/server.list.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { startNode, type NodeProcess } from '../../support/node-process.ts'
import { person } from './people.ts'

const until = (session: Session, holds: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return
      stop()
      resolve()
    }
    const stop = session.onChange(look)
    look()
  })

describe('sdk with a store on disk', () => {
  const cleanUp = new AsyncDisposableStack()
  const flags = ['--message-rate', '0']
  let node: NodeProcess
  let url: string
  let folder: string
  let channel: ChannelId

  const enter = async (init: Partial<ConnectInit> = {}): Promise<Session> =>
    connect({ url, user: 'alice', device: 'offline', store: await openStore(folder), ...init })
  const texts = (session: Session): string[] =>
    session.items(channel).map((item) => (item.kind === 'event' ? String(item.event.body) : item.outgoing.text))

  before(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'hearth-sdk-')), 'store')
    cleanUp.defer(() => rm(join(folder, '..'), { recursive: true, force: true }))
    node = cleanUp.use(await startNode({ flags }))
    url = node.ready.addresses.mqtt
    const alice = cleanUp.use(await person(node, 'alice'))
    await using first = await enter({ password: `${alice.invite}:${alice.password}` })
    await until(first, () => first.state.kind === 'online')
    await first.enrollDevice()
    const { servers } = await first.call(serverList, {})
    const { channels } = await first.call(channelList, { server: servers[0]!.handle })
    channel = channels[0]!.id
    await first.subscribe(channel)
    await first.loadOlder(channel)
    await first.send(channel, 'before')
    await until(first, () => texts(first).includes('before'))
  })
  after(() => cleanUp.disposeAsync())

  it('what was said offline outlives a kill of the client, and is sent once', async () => {
    await node.kill9()
    const said = ['one', 'two', 'three']
    const client = spawn(
      process.execPath,
      [join(import.meta.dirname, 'offline-client.ts'), url, 'alice', folder, channel, ...said],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(client.stdout, 'data')
    client.kill('SIGKILL')
    await once(client, 'close')

    const away = await enter({ startOffline: true })
    await away.subscribe(channel)
    assert.deepEqual(texts(away).slice(-4), ['before', ...said])
    await node.restart({ flags: [...flags, '--mqtt-port', new URL(url).port] })
    await until(away, () => away.pendingCount === 0 && away.state.kind === 'online')
    await away.close()

    await using back = await enter()
    await back.subscribe(channel)
    await until(back, () => back.state.kind === 'online')
    assert.equal(back.pendingCount, 0)
    await back.loadOlder(channel)
    const shown = back.timeline(channel).events()
    assert.deepEqual(
      shown.filter(({ clientId }) => clientId?.startsWith('id-')).map(({ body, clientId }) => [body, clientId]),
      said.map((text) => [text, `id-${text}`]),
    )
  })

  it('is refused to another user', async () => {
    await assert.rejects(enter({ user: 'bob', password: 'whatever it is' }), { code: 'BAD_REQUEST' })
  })
})
