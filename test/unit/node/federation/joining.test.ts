import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { createCalls } from '../../../../federation/calls/create-calls.ts'
import { nodeAnswers } from '../../../../node/federation/answers.ts'
import { openJoining, type Home } from '../../../../node/federation/joining.ts'
import { createRecords } from '../../../../node/store/records.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { ServerId, UserName } from '../../../../spec/ids.ts'
import { connectPeers, createMemoryPeers } from '../../../support/memory-peers.ts'
import { createVirtualTime } from '../../federation/virtual-time.ts'
import { openSite, type Site } from './fixture.ts'

const owner = { kind: 'user', user: 'owner' as UserName } as const
const bob = 'bob' as UserName
const silent = { warn: () => undefined }

/** A server of `home`, its door for other nodes, and `away` that wants in. The invite lets `uses` people in. */
const open = async (uses = 1) => {
  const time = createVirtualTime()
  const [home, away] = [await openSite('home', time), await openSite('away', time)]
  const { id: server } = await home.servers.createServer(owner, { handle: 'club', name: 'Club', firstChannel: 'hall' })
  const [homePeers, awayPeers] = [createMemoryPeers(home.nodeId), createMemoryPeers(away.nodeId)]
  const invite = { left: uses }
  let asked = (): void => undefined
  const answers = nodeAnswers({
    servers: home.servers,
    directory: home.directory,
    trust: { record: () => undefined },
    accounts: {
      redeemInviteFor: async ({ code, present, admit }) => {
        const known = present()
        if (known !== undefined) return known
        if (code !== 'hi_good' || invite.left === 0) throw new HearthError('INVITE_INVALID')
        invite.left--
        const granted = await admit({ invitedBy: 'owner' as UserName, role: undefined })
        asked()
        return granted
      },
    },
  })
  createCalls({ peers: homePeers, timers: time.timers, logger: silent }, answers)
  const calls = createCalls({ peers: awayPeers, timers: time.timers, logger: silent }, [])
  const store = createMemoryStore()
  const pinned: string[] = []
  const released: string[] = []
  /** What sync does: the governance comes over. */
  let fetch = async (): Promise<void> => {
    await away.take(home)
  }
  const joining = () =>
    openJoining(
      {
        servers: away.servers,
        directory: away.directory,
        trust: { pin: async ({ nodeId }) => (pinned.push(nodeId), {} as never) },
        peers: { want: () => undefined, peers: () => [] },
        contacts: { release: (node) => void released.push(node) },
        calls,
        sync: { join: () => fetch(), newest: () => Promise.resolve(true) },
        store,
        timers: time.timers,
        random: randomBytes,
        logger: silent,
      },
      away.nodeId,
    )
  const place: Home = { server, nodeId: home.nodeId, addresses: ['/ip4/192.0.2.7/tcp/4001'] }
  return {
    time,
    home,
    away,
    server,
    invite,
    pinned,
    released,
    place,
    store,
    joining,
    connect: () => connectPeers(awayPeers, homePeers),
    onAsked: (work: () => void) => {
      asked = work
    },
    fetching: (next: () => Promise<void>) => {
      fetch = next
    },
  }
}

const isMember = ({ servers }: Site, server: ServerId): boolean => servers.memberOf(bob, server) !== undefined
const code = (expected: string) => (error: unknown) => error instanceof HearthError && error.code === expected

// NCALL-5, NCALL-7
describe('joining a server of another node', () => {
  it('pins the node of the invite, is granted there, and takes the seat here', async () => {
    const { home, away, server, place, joining, connect, pinned, invite } = await open()
    connect()
    const joins = await joining()
    assert.deepEqual(await joins.join(bob, 'hi_good', place), { server })
    assert.deepEqual(pinned, [home.nodeId])
    assert.equal(away.servers.memberOf(bob, server)?.address, 'bob@away.example')
    assert.equal(invite.left, 0)
    await home.take(away)
    assert.ok(home.servers.members(server).some(({ address }) => address === 'bob@away.example'))
    assert.deepEqual(await joins.join(bob, 'hi_good', place), { server })
  })

  // LINK-9
  it('NCALL-5: when another connection takes the place of the one that it asks over, it asks again', async () => {
    const { away, server, place, joining, connect, invite, onAsked } = await open()
    const disconnect = connect()
    onAsked(() => {
      onAsked(() => undefined)
      disconnect()
      connect()
    })
    await (await joining()).join(bob, 'hi_good', place)
    assert.equal(isMember(away, server), true)
    assert.equal(invite.left, 0)
  })

  it('NCALL-5: cut short after the grant, it goes on by itself and costs no second use', async () => {
    const { away, server, place, joining, connect, invite, fetching, home } = await open()
    connect()
    fetching(() => Promise.reject(new HearthError('NO_ANSWER', 'the power went out')))
    await assert.rejects((await joining()).join(bob, 'hi_good', place), code('NO_ANSWER'))
    assert.equal(invite.left, 0)
    fetching(async () => void (await away.take(home)))
    const seated = new Promise<void>((resolve) => {
      away.servers.onChanged(() => isMember(away, server) && resolve())
    })
    ;(await joining()).resume()
    await seated
    assert.equal(away.servers.memberOf(bob, server)?.name, 'bob')
  })

  it('waits for the grant, which may come after the rest, and not for ever', async () => {
    const { time, home, away, server, place, joining, connect, fetching } = await open()
    connect()
    let asked = (): void => undefined
    const fetched = (): Promise<void> => new Promise((resolve) => (asked = resolve))
    fetching(async () => asked())
    const joins = await joining()
    const first = fetched()
    const settled = assert.rejects(joins.join(bob, 'hi_good', place), code('NO_ANSWER'))
    await first
    await time.pass(10_000)
    await settled
    const second = fetched()
    const again = joins.join(bob, 'hi_good', place)
    await second
    await away.take(home)
    assert.deepEqual(await again, { server })
  })

  it('a refusal is told by name, and nothing is kept of it', async () => {
    const { place, joining, connect, released, home, store } = await open(0)
    connect()
    const joins = await joining()
    await assert.rejects(joins.join(bob, 'hi_good', place), code('INVITE_INVALID'))
    assert.deepEqual(released, [home.nodeId])
    const plans = await createRecords(store, 'joins', z.unknown())
    assert.equal(plans.size, 0)
  })

  it('a node that does not answer is looked for no longer', async () => {
    const { time, place, joining, released, home } = await open()
    const joins = await joining()
    const refused = assert.rejects(joins.join(bob, 'hi_good', place), code('NODE_DOWN'))
    await new Promise<void>((resolve) => setImmediate(resolve))
    await time.pass(10_000)
    await refused
    assert.deepEqual(released, [home.nodeId])
  })

  it('NCALL-7: whoever is banned by the address that this node vouches for is not let in', async () => {
    const { home, away, server, place, joining, connect } = await open(5)
    connect()
    await home.servers.ban(owner, server, `bob@${away.nodeId}`, 'spam')
    await assert.rejects((await joining()).join(bob, 'hi_good', place), code('NOT_ALLOWED'))
    assert.equal(home.servers.members(server).length, 1)
  })
})
