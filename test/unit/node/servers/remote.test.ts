import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Entry } from '../../../../node/log/log.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { writeAct, type Act } from '../../../../spec/governance/acts.ts'
import { authorKey } from '../../../../spec/governance/names.ts'
import { keys, readRegister } from '../../../../spec/governance/registers.ts'
import { nodeMember } from '../../../../spec/identifiers.ts'
import type { EventId, FeedId, MemberId, NodeId } from '../../../../spec/ids.ts'
import { as, named, openHome, user, type Home } from './fixture.ts'

const id = (bytes: number): string => encodeBase32(randomBytes(bytes))

/** Somebody of another node, whom the operator of this one let in with a rank. */
const stranger = async (home: Home, rank: number, roles: readonly string[] = []) => {
  const node = id(32) as NodeId
  const member = id(16) as MemberId
  const feed = id(16) as FeedId
  const to = authorKey(node, member)
  const [genesis] = await home.log.page(
    home.server.governance,
    { after: '00000000-0000-7000-8000-000000000000' as EventId },
    1,
  )
  const draft = { channel: home.server.governance, member: nodeMember, auth: genesis!.id, type: 'grant' }
  const { entry } = await home.log.append({ ...draft, body: writeAct({ type: 'grant', to, rank, roles } as Act) })
  let seq = 0
  const says = (act: Act): Entry => {
    const at = `${entry.id.slice(0, 14)}7${(++seq).toString(16).padStart(3, '0')}`
    return {
      position: home.log.position + seq,
      id: `ffffffff-${at.slice(9)}-8000-000000000000` as EventId,
      channel: home.server.governance,
      feed,
      seq,
      node,
      member,
      auth: entry.id,
      type: act.type,
      body: writeAct(act),
      raw: new Uint8Array(),
    }
  }
  return { node, member, author: to, says }
}

const set = (key: string, value: string | number): Act => {
  const register = readRegister(key, value)
  assert.ok(register)
  return { type: 'set', register }
}

describe('members of other nodes', () => {
  it('are members like others, by their own address, and can be put out', async () => {
    await using home = await openHome()
    const eve = await stranger(home, 100)
    home.servers.apply([eve.says({ type: 'member.profile', member: eve.member, address: 'eve@away.example' })])
    assert.deepEqual(
      home.servers.members(home.server.id).map(({ address, user: local }) => [address, local]),
      [
        ['owner@home.example', 'owner'],
        ['eve@away.example', undefined],
      ],
    )
    assert.equal(home.servers.memberOf(user('eve'), home.server.id), undefined)
    await home.servers.kick(as('owner'), home.server.id, 'eve@away.example')
    assert.equal(home.servers.members(home.server.id).length, 1)
  })

  it('GOV-7: nobody of another node passes for somebody of this one', async () => {
    await using home = await openHome()
    const eve = await stranger(home, 10, ['10-admin'])
    home.servers.apply([eve.says({ type: 'member.profile', member: eve.member, address: 'owner@home.example' })])
    assert.equal(home.servers.authorOf(eve.node, eve.member).name, 'unknown')
    assert.equal(home.servers.memberOf(user('owner'), home.server.id)?.rank, 0)
    const [, shown] = home.servers.members(home.server.id)
    assert.deepEqual([shown?.address, shown?.name, shown?.user], [`${eve.member}@${eve.node}`, 'unknown', undefined])
    await assert.rejects(home.servers.kick(as('owner'), home.server.id, 'eve@home.example'), named('NOT_FOUND'))
    await home.servers.kick(as('owner'), home.server.id, shown?.address ?? '')
    assert.equal(home.servers.members(home.server.id).length, 1)
  })

  it('GOV-23: a ban or a time-out that a node wrote for those above its member binds nobody', async () => {
    await using home = await openHome({ ada: 'admin', bob: undefined })
    const { servers, server, general } = home
    const eve = await stranger(home, 20, ['20-moderator'])
    const targets = ['owner', 'ada', 'bob'].map((name) => servers.memberOf(user(name), server.id)!)
    servers.apply(
      targets.flatMap(({ node, member, address }) => [
        eve.says(set(keys.timeout(authorKey(node, member)), 9_000_000)),
        ...(address.startsWith('bob') ? [] : [eve.says(set(keys.ban(address), 'coup'))]),
      ]),
    )
    const codes = ['owner', 'ada', 'bob'].map((name) => {
      const answer = servers.authorise(user(name), general.id, 'send', home.clock.ms)
      return answer.ok ? 'ok' : answer.code
    })
    assert.deepEqual(codes, ['ok', 'ok', 'TIMED_OUT_MEMBER'])
  })

  it('events that come before their server wait for it', async () => {
    await using home = await openHome({ bob: undefined })
    const entries = await home.log.page(
      home.server.governance,
      { after: '00000000-0000-7000-8000-000000000000' as EventId },
      100,
    )
    await using other = await openHome()
    for (const entry of entries.toReversed()) other.servers.apply([entry, entry])
    assert.equal(other.servers.servers().length, 2)
    assert.equal(other.servers.server(home.server.id)?.name, 'Home')
    assert.equal(other.servers.channel(home.general.id)?.handle, 'general')
    const [first] = entries
    assert.equal(
      other.servers.authorOf(first!.node, home.servers.memberOf(user('bob'), home.server.id)!.member).name,
      'unknown',
    )
  })

  it('TRUST-6: a domain that is not known as the node’s own is not shown, and is banned all the same', async () => {
    const domains = new Map<string, string>()
    await using home = await openHome({}, {}, { isDomainOf: (domain, node) => domains.get(node) === domain })
    const eve = await stranger(home, 100)
    home.servers.apply([eve.says({ type: 'member.profile', member: eve.member, address: 'alice@bank.example' })])
    const shown = () => home.servers.authorOf(eve.node, eve.member).address
    assert.equal(shown(), `alice@${eve.node}`)
    domains.set(eve.node, 'bank.example')
    home.servers.readdress()
    assert.equal(shown(), 'alice@bank.example')
    assert.equal(home.changes.at(-1), 'settings')
    domains.clear()
    home.servers.readdress()
    await home.servers.ban(as('owner'), home.server.id, 'alice@bank.example', '')
    assert.equal(home.servers.members(home.server.id).length, 1)
  })
})
