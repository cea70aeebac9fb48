import assert from 'node:assert/strict'
import { as, named, openHome, user } from './fixture.ts'

describe('roles', () => {
  it('GOV-21: there are four from the start', async () => {
    await using home = await openHome()
    assert.deepEqual(
      home.servers.roles(home.server.id).map(({ id, name }) => [id, name]),
      [
        ['0-owner', 'owner'],
        ['10-admin', 'admin'],
        ['20-moderator', 'moderator'],
        ['100-member', 'member'],
      ],
    )
  })

  it('are made, given, changed and taken; each change acts at once', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, server, general } = home
    const role = await servers.createRole(as('owner'), server.id, { name: 'Host', rank: 40, permissions: ['invite'] })
    assert.match(role.id, /^40-[a-z2-7]{8}$/)
    const before = await home.say('bob', general.id)
    await servers.assignRole(as('owner'), server.id, 'bob', 'host')
    assert.deepEqual(servers.memberOf(user('bob'), server.id)?.roles, [role.id])
    assert.equal(servers.memberOf(user('bob'), server.id)?.rank, 40)
    assert.equal(servers.mayInServer(as('bob'), server.id, 'invite'), true)
    await servers.admit(user('carl'), server.id, { invitedBy: as('bob') })
    await servers.editRole(as('owner'), server.id, role.id, { permissions: [], name: 'Guest host' })
    assert.equal(servers.mayInServer(as('bob'), server.id, 'invite'), false)
    assert.equal(servers.memberOf(user('carl'), server.id)?.user, 'carl')
    await servers.unassignRole(as('owner'), server.id, 'bob', 'Guest host')
    assert.equal(servers.memberOf(user('bob'), server.id)?.rank, 100)
    assert.equal(servers.covers(before), true)
    assert.equal(servers.covers(await home.say('bob', general.id)), true)
    await servers.deleteRole(as('owner'), server.id, 'guest host')
    assert.equal(servers.roles(server.id).length, 4)
    assert.deepEqual((await home.again()).members(server.id), servers.members(server.id))
  })

  it('GOV-16: a role taken from those who hold it, by deleting it, permits nothing', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, server } = home
    await servers.createRole(as('owner'), server.id, { name: 'Host', rank: 40, permissions: ['kick'] })
    await servers.assignRole(as('owner'), server.id, 'bob', 'Host')
    assert.equal(servers.mayInServer(as('bob'), server.id, 'kick'), true)
    await servers.deleteRole(as('owner'), server.id, 'Host')
    assert.equal(servers.mayInServer(as('bob'), server.id, 'kick'), false)
    assert.deepEqual(servers.permissionsOf(user('bob'), server.id), ['read', 'send'])
  })

  it('GOV-22: nobody makes, edits or gives a role of their own rank, nor a permission that they lack', async () => {
    await using home = await openHome({ ada: 'admin', bob: undefined, ben: 'admin' })
    const { servers, server } = home
    const refused = (work: Promise<unknown>, text: RegExp) => assert.rejects(work, named('NOT_ALLOWED', text))
    await refused(servers.createRole(as('ada'), server.id, { name: 'x', rank: 10, permissions: [] }), /below your own/)
    await refused(servers.editRole(as('ada'), server.id, 'admin', { permissions: [] }), /rank/)
    await refused(servers.assignRole(as('ada'), server.id, 'bob', 'admin'), /rank/)
    await refused(servers.assignRole(as('ada'), server.id, 'ben', 'moderator'), /rank/)
    await refused(servers.createRole(as('bob'), server.id, { name: 'x', rank: 200, permissions: [] }), /manageRoles/)
    await servers.createRole(as('ada'), server.id, { name: 'clerk', rank: 30, permissions: ['manageRoles'] })
    await servers.assignRole(as('ada'), server.id, 'bob', 'clerk')
    await refused(
      servers.createRole(as('bob'), server.id, { name: 'x', rank: 50, permissions: ['ban'] }),
      /permission ban/,
    )
    await servers.createRole(as('bob'), server.id, { name: 'y', rank: 50, permissions: ['manageRoles'] })
  })

  it('GOV-16: what somebody of lower rank put into a role counts for nobody above', async () => {
    await using home = await openHome({ mona: 'moderator', bob: undefined, carl: undefined })
    const { servers, server } = home
    const permissions = ['manageRoles', 'manageChannel', 'read'] as const
    await servers.createRole(as('owner'), server.id, { name: 'clerk', rank: 30, permissions })
    await servers.assignRole(as('owner'), server.id, 'bob', 'clerk')
    await servers.editRole(as('bob'), server.id, 'member', { permissions: ['read', 'manageChannel'] })
    assert.equal(servers.mayInServer(as('carl'), server.id, 'manageChannel'), true)
    assert.equal(servers.mayInServer(as('mona'), server.id, 'manageChannel'), false)
    await servers.createChannel(as('carl'), server.id, { handle: 'news' })
  })

  it('names are unique, default roles stay, everybody is a member', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, server } = home
    const make = (name: string) => servers.createRole(as('owner'), server.id, { name, rank: 50, permissions: [] })
    await make('Host')
    await assert.rejects(make('hOST'), named('EXISTS'))
    await assert.rejects(servers.deleteRole(as('owner'), server.id, 'moderator'), named('BAD_REQUEST'))
    await assert.rejects(servers.assignRole(as('owner'), server.id, 'bob', 'member'), named('BAD_REQUEST'))
    await assert.rejects(servers.assignRole(as('owner'), server.id, 'bob', 'king'), named('NOT_FOUND', /moderator/))
    await assert.rejects(servers.unassignRole(as('owner'), server.id, 'bob', 'Host'), named('NOT_FOUND'))
  })

  it('what everybody may is the role `member`', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, server, general } = home
    await servers.editRole(as('owner'), server.id, 'member', { permissions: ['read', 'invite'] })
    assert.equal(servers.may(user('bob'), general.id, 'send'), false)
    const carl = await servers.admit(user('carl'), server.id, { invitedBy: as('bob') })
    assert.equal(carl.rank, 101)
  })
})
