import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createSigningKey, createVerify, sha256 } from '../../../../node/crypto.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import { createMemoryHighWater } from '../../../../node/log/high-water.ts'
import type { Log } from '../../../../node/log/log.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { issueCertificate } from '../../../../spec/certificate.ts'
import { writeAct, type Act } from '../../../../spec/governance/acts.ts'
import { authorKey } from '../../../../spec/governance/names.ts'
import { keys, readRegister } from '../../../../spec/governance/registers.ts'
import type { EventId, FeedId, MemberId, NodeId } from '../../../../spec/ids.ts'
import { encodeSeal } from '../../../../spec/seal.ts'
import { as, named, openHome, operator, user, type Home } from './fixture.ts'

/** A node whose machine was copied while it ran: two logs with one epoch, and an admin of the home's server on it. */
const openTwins = async (home: Home) => {
  const [root, hot] = [createSigningKey(), createSigningKey()]
  const node = encodeBase32(root.publicKey) as NodeId
  const member = encodeBase32(randomBytes(16)) as MemberId
  const certificate = issueCertificate(root.sign, { serial: 1, hotPublicKey: hot.publicKey, notBeforeMs: 1 })
  const address = 'eve@away.example'
  const by = { invitedBy: as('owner'), role: 'admin' }
  const { grant } = await home.servers.admitRemote({ node, member, address }, home.server.id, by)
  const [epoch, salt] = [randomBytes(8), randomBytes(16)]
  let now = 2_000
  const open = (): Promise<Log> =>
    createLog({
      store: createMemoryStore(),
      hash: sha256,
      highWater: createMemoryHighWater(),
      clock: { now: () => ++now },
      random: (length) => (length === 8 ? epoch : length === 16 ? salt : randomBytes(length)),
      keys: { nodeId: node, publicKey: hot.publicKey, sign: hot.sign, verify: createVerify() },
    })
  const logs = [await open(), await open()] as const
  const say = async (log: Log, act: Act): Promise<EventId> => {
    const { entry } = await log.append({
      channel: home.server.governance,
      member,
      auth: grant,
      type: act.type,
      body: writeAct(act),
    })
    return entry.id
  }
  /** Gives the home what a log has. */
  const push = async (log: Log): Promise<FeedId> => {
    await log.seal()
    const [version] = log.feeds()
    assert.ok(version)
    const slice = await log.slice(version.feed, 1, 100)
    assert.ok(slice)
    await home.log.appendRemote({ ...slice, publicKey: hot.publicKey })
    return version.feed
  }
  return { node, member, certificate, logs, say, push }
}

const rename = (name: string): Act => {
  const register = readRegister(keys.serverName, name)
  assert.ok(register)
  return { type: 'set', register }
}

describe('forked feeds in the room of servers', () => {
  it('GOV-14, GOV-38: are void from the proof on, until somebody quotes the branch that is here', async () => {
    const certificates = new Map<NodeId, Uint8Array>()
    await using home = await openHome(
      { dora: 'admin' },
      {},
      { certificatesOf: (node) => [certificates.get(node)].flatMap((one) => one ?? []) },
    )
    const { servers, server } = home
    const twins = await openTwins(home)
    const { logs, say, push } = twins
    const friend = { node: encodeBase32(randomBytes(32)) as NodeId, member: encodeBase32(randomBytes(16)) as MemberId }
    const [mine] = logs
    await say(mine, rename('common'))
    await say(mine, rename('one'))
    await say(mine, { type: 'grant', to: authorKey(friend.node, friend.member), rank: 100, roles: [] })
    const feed = await push(mine)
    assert.equal(servers.server(server.id)?.name, 'one')
    assert.ok(servers.memberAt(friend.node, friend.member, server.id))

    await assert.rejects(servers.resolveFork(as('dora'), feed), named('NOT_FOUND', /not known to fork/))
    servers.fork(feed, 2)
    assert.equal(home.changes.at(-1), 'permissions')
    assert.equal(servers.server(server.id)?.name, 'common')
    assert.equal(servers.memberAt(friend.node, friend.member, server.id), undefined)
    assert.equal(servers.isForked({ feed, seq: 2 }), true)

    await assert.rejects(servers.resolveFork(as('dora'), feed), named('QUOTA'), 'its certificate is not here')
    certificates.set(twins.node, twins.certificate)
    await assert.rejects(servers.resolveFork(as('nobody'), feed), named('NOT_FOUND'))
    const { event, restored } = await servers.resolveFork(as('dora'), feed)
    assert.equal(restored, 2)
    assert.equal(servers.resolvedBy(server.id, feed), event)
    assert.equal(servers.server(server.id)?.name, 'one')
    assert.ok(servers.memberAt(friend.node, friend.member, server.id))

    // A node that holds the other branch, and one that starts anew, see the same.
    const other = await home.again()
    other.fork(feed, 2)
    assert.equal(other.server(server.id)?.name, 'one')
    assert.deepEqual(other.members(server.id), servers.members(server.id))
  })

  it('GOV-38: a quote that its node did not seal is dropped', async () => {
    await using home = await openHome()
    const { servers, server } = home
    const { logs, say, push, node, certificate } = await openTwins(home)
    const [mine, other] = logs
    await say(mine, rename('common'))
    await say(mine, rename('one'))
    const feed = await push(mine)
    servers.fork(feed, 2)
    await say(other, rename('common'))
    await say(other, rename('forged'))
    await other.seal()
    const [slice, theirs] = [await mine.slice(feed, 2, 10), await other.slice(feed, 2, 10)]
    assert.ok(slice?.seal && theirs)
    const quote = { type: 'feed.resolve', node, epoch: slice.origin.epoch, from: 2, certificate } as const
    const events = await home.log.page(server.governance, { after: firstId }, 10)
    const genesis = events.find(({ type }) => type === 'server.genesis')
    assert.ok(genesis)
    const acts: Act[] = [
      { ...quote, events: theirs.events, seal: encodeSeal(slice.seal) },
      { ...quote, events: slice.events, seal: encodeSeal({ ...slice.seal, signature: new Uint8Array(64) }) },
      { ...quote, from: 3, events: slice.events, seal: encodeSeal(slice.seal) },
      { ...quote, events: slice.events, seal: new Uint8Array(3) },
      { ...quote, events: slice.events, seal: encodeSeal(slice.seal), certificate: new Uint8Array(9) },
    ]
    const { member } = servers.memberOf(user('owner'), server.id) ?? assert.fail()
    for (const act of acts) {
      const draft = { channel: server.governance, member, auth: genesis.id, type: act.type, body: writeAct(act) }
      await home.log.append(draft)
      assert.equal(servers.server(server.id)?.name, 'common')
    }
    const good: Act = { ...quote, events: slice.events, seal: encodeSeal(slice.seal) }
    await home.log.append({
      channel: server.governance,
      member,
      auth: genesis.id,
      type: good.type,
      body: writeAct(good),
    })
    assert.equal(servers.server(server.id)?.name, 'one')
  })

  it('GOV-40: messages beyond a fork are hidden and stay so; nobody decides about their own node’s feeds', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, general, server } = home
    const said = await home.say('bob', general.id)
    const more = await home.say('bob', general.id, 'again')
    servers.fork(said.feed, more.seq)
    assert.deepEqual([servers.covers(said), servers.covers(more)], [true, false])
    await assert.rejects(servers.resolveFork(as('owner'), said.feed), named('BAD_REQUEST', /says them again/))
    const [own] = home.log.feeds(server.governance)
    assert.ok(own)
    servers.fork(own.feed, own.head)
    await assert.rejects(servers.resolveFork(operator, own.feed), named('NOT_ALLOWED', /another node/))
    servers.fork(own.feed.replace(/..$/, 'fa') as FeedId, 1)
    await assert.rejects(servers.resolveFork(operator, own.feed.replace(/..$/, 'fa') as FeedId), named('NOT_FOUND'))
  })
})

const firstId = '00000000-0000-7000-8000-000000000000' as EventId
