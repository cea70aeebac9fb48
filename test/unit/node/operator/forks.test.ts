import assert from 'node:assert/strict'
import type { Equivocation, SyncStatus } from '../../../../federation/sync/components.ts'
import type { PeerStatus } from '../../../../federation/peers/components.ts'
import type { Federation } from '../../../../node/federation/federation.ts'
import { federationAdmin } from '../../../../node/operator/federation.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { ChannelId, FeedId, NodeId } from '../../../../spec/ids.ts'
import { named, openHome } from '../servers/fixture.ts'

const id = (bytes: number, fill: number): string => encodeBase32(new Uint8Array(bytes).fill(fill))
const liar = id(32, 7) as NodeId
const peer = { nodeId: liar, name: 'elm', state: 'connected', reason: undefined, lastError: undefined }

/** As a node sees it that was told of a fork. */
const openAdmin = (home: Awaited<ReturnType<typeof openHome>>, forked: readonly [FeedId, ChannelId, number][]) => {
  const equivocations = forked.map(
    ([feed, channel, at]) => ({ feed, at, origin: { node: liar, channel, epoch: '' } }) as unknown as Equivocation,
  )
  const link = { server: home.server.id, node: liar, connected: true, lagEvents: 0, lagSeconds: 0 }
  const status = [{ ...link, backfill: { done: 1, total: 1 }, lastError: undefined }] as readonly SyncStatus[]
  const federation = {
    peers: { peers: () => [peer as unknown as PeerStatus] },
    sync: { equivocations: () => equivocations, status: () => status },
  }
  return federationAdmin(federation as unknown as Federation, { servers: home.servers, log: home.log })
}

describe('what an operator sees of forks', () => {
  it('SYNC-11: federation status and peer list count them, federation forks lists them', async () => {
    await using home = await openHome({ bob: undefined })
    const { general, server } = home
    const said = await home.say('bob', general.id)
    const other = id(16, 9) as FeedId
    const admin = openAdmin(home, [
      [said.feed, general.id, said.seq],
      [other, server.governance, 3],
    ])
    assert.deepEqual(
      (await admin.status()).map(({ server: handle, forks }) => [handle, forks]),
      [['home', 2]],
    )
    const [row] = await admin.peers()
    assert.deepEqual([row?.forks, row?.reason], [2, 'it wrote two histories of a feed: hearth federation forks'])
    assert.deepEqual(
      (await admin.forks()).map(({ channel, name, at, held, resolved }) => ({ channel, name, at, held, resolved })),
      [
        { channel: '#general', name: 'elm', at: said.seq, held: said.seq, resolved: undefined },
        { channel: 'governance', name: 'elm', at: 3, held: undefined, resolved: undefined },
      ],
    )
    await assert.rejects(admin.resolve({ feed: 'no feed' }), named('BAD_REQUEST'))
    await assert.rejects(admin.resolve({ feed: other }), named('NOT_FOUND'))
  })

  it('without one there is nothing to see', async () => {
    await using home = await openHome()
    const admin = openAdmin(home, [])
    assert.deepEqual(
      [(await admin.status())[0]?.forks, (await admin.peers())[0]?.reason, await admin.forks()],
      [0, undefined, []],
    )
  })
})
