import assert from 'node:assert/strict'
import { createCalls } from '../../../../federation/calls/create-calls.ts'
import { nodeAnswers } from '../../../../node/federation/answers.ts'
import { openContacts } from '../../../../node/federation/contacts.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { NodeId, UserName } from '../../../../spec/ids.ts'
import { nodeAddressesCall } from '../../../../spec/node-calls/node.addresses.ts'
import { serverStandingCall } from '../../../../spec/node-calls/server.standing.ts'
import { connectPeers, createMemoryPeers } from '../../../support/memory-peers.ts'
import { createVirtualTime } from '../../federation/virtual-time.ts'
import { join, openSite, shareServer } from './fixture.ts'

const owner = { kind: 'user', user: 'owner' as UserName } as const
const silent = { warn: () => undefined }
const refuse = () => Promise.reject(new HearthError('INVITE_INVALID'))

/** A server on three nodes; `away` is connected to `home`, which knows where `third` is. */
const open = async () => {
  const time = createVirtualTime()
  const [home, away, third] = [
    await openSite('home', time),
    await openSite('away', time),
    await openSite('third', time),
  ]
  const { server, general } = await shareServer(home, away)
  await join(home, third, { server, user: 'carl' })
  await away.take(home)
  const [homePeers, awayPeers] = [createMemoryPeers(home.nodeId), createMemoryPeers(away.nodeId)]
  const where = (node: NodeId) => (node === third.nodeId ? { addresses: ['/ip4/192.0.2.3/tcp/1'] } : undefined)
  createCalls(
    { peers: homePeers, timers: time.timers, logger: silent },
    nodeAnswers({
      servers: home.servers,
      directory: home.directory,
      trust: { record: (node) => where(node) as never },
      accounts: { redeemInviteFor: refuse },
    }),
  )
  const calls = createCalls({ peers: awayPeers, timers: time.timers, logger: silent }, [])
  return { time, home, away, third, server, general, calls, homePeers, awayPeers }
}

/** Calls take a few turns of the event loop. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}

describe('whom a node keeps a connection to', () => {
  it('NCALL-9: those that sync asks for, where others say that they are; no longer, when it does not ask', async () => {
    const { time, home, away, third, calls, homePeers, awayPeers } = await open()
    const wanted = new Map<NodeId, readonly string[]>()
    let links = new Set([home.nodeId, third.nodeId])
    const contacts = await openContacts({
      peers: {
        want: (node, addresses = []) => void wanted.set(node, addresses),
        unwant: async (node) => void wanted.delete(node),
        peers: () => [],
        onPeer: (listener) => awayPeers.onPeer(listener),
      },
      calls,
      sync: { links: () => links },
      directory: away.directory,
      store: createMemoryStore(),
      timers: time.timers,
    })
    contacts.start()
    assert.deepEqual(
      [...wanted],
      [...links].map((node) => [node, []]),
    )
    connectPeers(awayPeers, homePeers)
    await time.pass(0)
    await settle()
    assert.deepEqual(wanted.get(third.nodeId), ['/ip4/192.0.2.3/tcp/1'])

    links = new Set([home.nodeId])
    await contacts.add('n'.repeat(52) as NodeId, ['/ip4/192.0.2.4/tcp/1'])
    assert.deepEqual([...wanted.keys()], [home.nodeId, 'n'.repeat(52)])
    contacts.release(home.nodeId)
    assert.ok(wanted.has(home.nodeId))
    await contacts.remove('n'.repeat(52) as NodeId)
    assert.deepEqual([...wanted.keys()], [home.nodeId])
    contacts.stop()
  })

  it('NCALL-9: where nodes are is told to those who share the server, of those who do', async () => {
    const { home, away, third, server, calls, homePeers, awayPeers } = await open()
    connectPeers(awayPeers, homePeers)
    const ask = (nodes: NodeId[]) => calls.ask(home.nodeId, nodeAddressesCall, { server, nodes })
    assert.deepEqual(await ask([third.nodeId, home.nodeId]), {
      nodes: [{ node: third.nodeId, addresses: ['/ip4/192.0.2.3/tcp/1'] }],
    })
    await home.servers.kick(owner, server, 'carl@third.example')
    assert.deepEqual(await ask([third.nodeId]), { nodes: [] })
    await home.servers.kick(owner, server, `bob@${away.name}.example`)
    await assert.rejects(
      ask([third.nodeId]),
      (error: unknown) => error instanceof HearthError && error.code === 'NOT_FOUND',
    )
  })

  it('NCALL-8: a node that asks after its last member was put out is given the governance once more', async () => {
    const { time, home, away, server, calls, homePeers, awayPeers } = await open()
    connectPeers(awayPeers, homePeers)
    const ask = () => calls.ask(home.nodeId, serverStandingCall, { server })
    const governance = home.servers.server(server)!.governance
    assert.deepEqual(await ask(), { member: true })
    await home.servers.kick(owner, server, 'bob@away.example')
    await time.pass(60_000)
    assert.equal(home.directory.mayServe(away.nodeId, governance), false)
    assert.deepEqual(await ask(), { member: false })
    assert.equal(home.directory.mayServe(away.nodeId, governance), true)
    await time.pass(60_000)
    assert.deepEqual(await ask(), { member: false })
    assert.equal(home.directory.mayServe(away.nodeId, governance), false)
  })
})
