import assert from 'node:assert/strict'
import type { Principal } from '../../../../node/principal.ts'
import { createCallTable } from '../../../../node/call-table.ts'
import { serverCalls } from '../../../../node/servers/calls.ts'
import { as, named, openHome, operator, user, type Home } from './fixture.ts'

/** The owner named anna, ben and carl, two at a time. */
const guarded = async (threshold?: number): Promise<Home> => {
  const home = await openHome({ anna: undefined, ben: undefined, carl: undefined, dora: 'admin' })
  const guardians = ['anna', 'ben', 'carl@home.example']
  const done = await home.servers.nameGuardians(as('owner'), home.server.id, { guardians, threshold })
  assert.equal(done.inForce, true)
  return home
}

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

const ownersOf = ({ servers, server }: Home): string[] =>
  (servers.succession(server.id)?.owners ?? []).map(({ address }) => address.replace('@home.example', ''))

describe('who owns a server', () => {
  it('GOV-32: the founders do, until guardians are named by one of them', async () => {
    await using home = await openHome({ anna: undefined })
    const { servers, server } = home
    const before = servers.succession(server.id)
    assert.deepEqual([before?.epoch, before?.threshold, before?.guardians], [0, 0, []])
    assert.equal(ownersOf(home).includes('owner'), true)
    const name = (threshold: number) =>
      servers.nameGuardians(as('owner'), server.id, { guardians: ['anna'], threshold })
    await assert.rejects(name(2), named('BAD_REQUEST', /of 1 guardians no 2/))
    await assert.rejects(
      servers.nameGuardians(as('owner'), server.id, { guardians: ['nobody'] }),
      named('NOT_FOUND', /nobody is no member/),
    )
    await assert.rejects(
      servers.nameGuardians(as('anna'), server.id, { guardians: ['anna'] }),
      named('NOT_ALLOWED', /only an owner of home names its guardians: .*owner@home.example/),
    )
    await name(1)
    const after = servers.succession(server.id)
    assert.deepEqual(
      after?.guardians.map(({ address }) => address),
      ['anna@home.example'],
    )
    assert.deepEqual([after?.epoch, after?.threshold, after?.isFinal], [1, 1, true])
    assert.equal(servers.memberOf(user('owner'), server.id)?.rank, 0)
  })

  it('GOV-34: two of three guardians hand it on, and the new owner rules', async () => {
    await using home = await guarded()
    const { servers, server } = home
    const proposed = await servers.proposeOwners(as('anna'), server.id, { owners: ['ben'] })
    assert.deepEqual({ ...proposed, root: '' }, { root: '', inForce: false, approvals: 1, needed: 2 })
    assert.equal(ownersOf(home).includes('owner'), true)
    const [waiting] = servers.succession(server.id)?.proposals ?? []
    assert.deepEqual(
      [waiting?.by?.address, waiting?.owners[0]?.address, waiting?.needed],
      ['anna@home.example', 'ben@home.example', 2],
    )
    const approved = await servers.approveOwners(as('carl'), server.id)
    assert.deepEqual(approved, { root: proposed.root, inForce: true, approvals: 2, needed: 2 })
    assert.deepEqual(ownersOf(home), ['ben'])
    assert.equal(home.changes.at(-1), 'permissions')

    assert.equal(servers.memberOf(user('owner'), server.id), undefined)
    await assert.rejects(servers.kick(as('owner'), server.id, 'dora'), named('NOT_FOUND'))
    await assert.rejects(servers.renameServer(operator, server.id, 'Mine'), named('NOT_FOUND'))
    await servers.kick(as('ben'), server.id, 'dora')
    await servers.createChannel(as('ben'), server.id, { handle: 'new' })
    await servers.admit(user('owner'), server.id, { invitedBy: as('ben') })
    assert.equal(servers.memberOf(user('owner'), server.id)?.rank, 100)
    assert.deepEqual(
      servers.succession(server.id)?.guardians.map(({ address }) => address),
      ['anna@home.example', 'carl@home.example'],
    )
    const again = await home.again()
    assert.deepEqual(again.succession(server.id), servers.succession(server.id))
  })

  it('GOV-37: only guardians and owners may, and only about the root in force', async () => {
    await using home = await guarded()
    const { servers, server } = home
    await assert.rejects(
      servers.proposeOwners(as('dora'), server.id, { owners: ['dora'] }),
      named('NOT_ALLOWED', /anna@/),
    )
    await assert.rejects(servers.approveOwners(as('anna'), server.id), named('NOT_FOUND', /nobody proposes/))
    const stale = await servers.proposeOwners(as('anna'), server.id, { owners: ['anna'] })
    await assert.rejects(servers.approveOwners(as('dora'), server.id), named('NOT_ALLOWED'))
    const other = await servers.proposeOwners(as('ben'), server.id, { owners: ['ben'] })
    await assert.rejects(
      servers.approveOwners(as('carl'), server.id),
      named('BAD_REQUEST', /by anna@.*for anna@.*by ben@/),
    )
    await servers.approveOwners(as('carl'), server.id, other.root)
    await assert.rejects(servers.approveOwners(as('carl'), server.id, stale.root), named('NOT_FOUND'))
    assert.deepEqual(ownersOf(home), ['ben'])
  })

  it('GOV-35: new guardians by an owner’s word are final when enough of the old ones approve', async () => {
    await using home = await guarded(1)
    const { servers, server } = home
    await servers.nameGuardians(as('owner'), server.id, { guardians: ['dora'] })
    assert.equal(servers.succession(server.id)?.isFinal, false)
    await assert.rejects(servers.approveOwners(as('dora'), server.id), named('NOT_FOUND'))
    // Another change by the owner leaves the first one open.
    await servers.nameGuardians(as('owner'), server.id, { guardians: ['dora', 'carl'] })
    await servers.approveOwners(as('dora'), server.id)
    assert.equal(servers.succession(server.id)?.isFinal, false)
    await servers.approveOwners(as('anna'), server.id)
    assert.equal(servers.succession(server.id)?.isFinal, true)
  })

  it('GOV-36: an owner hands it on at once; what was said before stays, what comes after is hidden', async () => {
    await using home = await guarded()
    const { servers, server, general } = home
    const said = await home.say('owner', general.id)
    await servers.proposeOwners(as('owner'), server.id, { owners: ['dora'] })
    assert.deepEqual(ownersOf(home), ['dora'])
    assert.equal(servers.covers(said), true)
    assert.equal(servers.covers({ ...said, seq: said.seq + 50 }), false)
    assert.equal(servers.memberOf(user('owner'), server.id), undefined)
  })

  it('succession.set, propose, approve and show are calls, and none of them for app tokens', async () => {
    await using home = await openHome({ anna: undefined, ben: undefined })
    const table = createCallTable(serverCalls(home.servers, { now: () => home.clock.ms }), { logger: quiet })
    const call = async (name: string, method: string, input: object, principal: object = {}): Promise<unknown> => {
      const who = { user: user(name), device: 'laptop', scope: undefined, ...principal } as Principal
      const payload = Buffer.from(JSON.stringify({ server: 'home', ...input }))
      const reply = await table.answer(who, `succession.${method}`, payload)
      return 'error' in reply ? reply.error.code : reply.result
    }
    const set = (await call('owner', 'set', { guardians: ['anna', 'ben'], threshold: 2 })) as { readonly root: string }
    assert.deepEqual({ ...set, root: '' }, { root: '', inForce: true, approvals: 0, needed: 0 })
    assert.equal(await call('ben', 'set', { guardians: ['ben'] }), 'NOT_ALLOWED')
    assert.equal(await call('nobody', 'show', {}), 'NOT_FOUND')
    const scope = { channels: undefined, read: true, send: true }
    assert.equal(await call('anna', 'propose', { owners: ['ben'] }, { scope }), 'NOT_ALLOWED')
    const { root } = (await call('anna', 'propose', { owners: ['ben'] })) as { readonly root: string }
    const shown = (await call('ben', 'show', {})) as { readonly proposals: readonly { readonly root: string }[] }
    assert.deepEqual(
      shown.proposals.map((one) => one.root),
      [root],
    )
    assert.deepEqual(await call('ben', 'approve', { root }), { root, inForce: true, approvals: 2, needed: 2 })
    assert.deepEqual(ownersOf(home), ['ben'])
  })
})
