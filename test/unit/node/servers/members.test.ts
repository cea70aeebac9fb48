import assert from 'node:assert/strict'
import { as, named, openHome, openRoom, operator, user } from './fixture.ts'

const may = (home: Awaited<ReturnType<typeof openHome>>, name: string): string => {
  const answer = home.servers.authorise(user(name), home.general.id, 'send', home.clock.ms)
  return answer.ok ? 'ok' : answer.code
}

describe('members', () => {
  it('joins under the inviter, talks, and is known by address', async () => {
    await using home = await openHome({ bob: undefined })
    assert.equal(may(home, 'bob'), 'ok')
    assert.equal(may(home, 'eve'), 'NOT_FOUND')
    const entry = await home.say('bob', home.general.id)
    assert.equal(home.servers.covers(entry), true)
    assert.deepEqual(home.servers.authorOf(entry.node, entry.member), { address: 'bob@home.example', name: 'bob' })
    assert.deepEqual(
      home.servers.members(home.server.id).map(({ user: name, rank }) => [name, rank]),
      [
        ['owner', 0],
        ['bob', 100],
      ],
    )
    assert.equal(home.servers.sharesServer(user('owner'), user('bob')), true)
    assert.equal(home.servers.sharesServer(user('owner'), user('eve')), false)
  })

  it('joining again changes nothing', async () => {
    await using home = await openHome({ bob: undefined })
    const before = home.log.position
    const again = await home.servers.admit(user('bob'), home.server.id, { invitedBy: operator })
    assert.equal(again.user, 'bob')
    assert.equal(home.log.position, before)
  })

  it('GOV-8: a plain member cannot invite, and an inviter that left cannot either', async () => {
    await using home = await openHome({ bob: undefined, mona: 'moderator' })
    const { servers, server } = home
    await assert.rejects(servers.admit(user('carl'), server.id, { invitedBy: as('bob') }), named('INVITE_INVALID'))
    await servers.admit(user('carl'), server.id, { invitedBy: as('mona') })
    await assert.rejects(
      servers.admit(user('dora'), server.id, { invitedBy: as('mona'), role: 'admin' }),
      named('INVITE_INVALID'),
    )
    await servers.leave(user('mona'), server.id)
    await assert.rejects(servers.admit(user('dora'), server.id, { invitedBy: as('mona') }), named('INVITE_INVALID'))
    assert.equal(may(home, 'carl'), 'ok')
  })

  it('threat 7: a kick acts at once, hides nothing that was said, and may be followed by a new invite', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, server } = home
    const before = await home.say('bob', home.general.id)
    home.changes.length = 0
    await servers.kick(as('owner'), server.id, 'bob')
    assert.ok(home.changes.includes('permissions'))
    assert.equal(may(home, 'bob'), 'NOT_FOUND')
    assert.deepEqual(servers.serversOf(user('bob')), [])
    assert.equal(servers.covers(before), true)
    assert.equal(servers.covers({ ...before, seq: before.seq + 100 }), false)
    const member = await servers.admit(user('bob'), server.id, { invitedBy: as('owner') })
    assert.equal(member.member, before.member)
    assert.equal(may(home, 'bob'), 'ok')
    assert.equal(servers.covers(await home.say('bob', home.general.id)), true)
  })

  it('GOV-11: what was acknowledged while a kick was under way stays visible', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, server, general } = home
    const said: ReturnType<typeof home.say>[] = []
    const kicked = servers.kick(as('owner'), server.id, 'bob')
    while (may(home, 'bob') === 'ok') {
      for (let i = 0; i < 20; i++) said.push(home.say('bob', general.id, `${i}`))
      await Promise.race([kicked, said.at(-1)])
    }
    await kicked
    const entries = await Promise.all(said)
    assert.ok(entries.length >= 20)
    // The last raise is in its turn behind the kick; another operation waits for it.
    await servers.renameServer(as('owner'), server.id, 'Home again')
    assert.deepEqual(
      entries.filter((entry) => !servers.covers(entry)).map(({ seq }) => seq),
      [],
    )
    assert.equal(servers.covers({ ...entries[0]!, seq: 1_000_000 }), false)
  })

  it('GOV-23: a ban keeps out until it is lifted, also somebody who never was in', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, server } = home
    await servers.ban(as('owner'), server.id, 'bob', 'spam')
    await servers.ban(as('owner'), server.id, 'eve@away.example', '')
    assert.equal(may(home, 'bob'), 'NOT_FOUND')
    assert.deepEqual(servers.bans(server.id), [
      { address: 'bob@home.example', reason: 'spam' },
      { address: 'eve@away.example', reason: '' },
    ])
    await assert.rejects(servers.admit(user('bob'), server.id, { invitedBy: operator }), named('NOT_ALLOWED', /banned/))
    await servers.unban(as('owner'), server.id, 'bob')
    await servers.admit(user('bob'), server.id, { invitedBy: operator })
    assert.equal(may(home, 'bob'), 'ok')
    await assert.rejects(servers.unban(as('owner'), server.id, 'bob'), named('NOT_FOUND'))
  })

  it('GOV-23: a time-out stops talking but not reading, and ends by itself', async () => {
    await using home = await openHome({ bob: undefined, mona: 'moderator' })
    const { servers, server, general, clock } = home
    await servers.timeout(as('mona'), server.id, 'bob', clock.ms + 60_000)
    assert.equal(may(home, 'bob'), 'TIMED_OUT_MEMBER')
    assert.equal(servers.authorise(user('bob'), general.id, 'read', clock.ms).ok, true)
    assert.equal(servers.may(user('bob'), general.id, 'send'), true)
    clock.ms += 60_000
    assert.equal(may(home, 'bob'), 'ok')
    await assert.rejects(
      servers.timeout(as('mona'), server.id, 'bob', clock.ms + 1e11),
      named('BAD_REQUEST', /28 days/),
    )
    await assert.rejects(servers.timeout(as('mona'), server.id, 'owner', clock.ms + 1), named('NOT_ALLOWED', /rank/))
  })

  it('GOV-8: nobody acts on their own rank or above, and each refusal names what is missing', async () => {
    await using home = await openHome({ bob: undefined, mona: 'moderator', max: 'moderator' })
    const { servers, server } = home
    await assert.rejects(servers.kick(as('bob'), server.id, 'mona'), named('NOT_ALLOWED', /permission kick/))
    await assert.rejects(servers.kick(as('mona'), server.id, 'max'), named('NOT_ALLOWED', /rank/))
    await assert.rejects(servers.ban(as('mona'), server.id, 'owner', ''), named('NOT_ALLOWED', /rank/))
    await assert.rejects(servers.kick(as('eve'), server.id, 'bob'), named('NOT_FOUND', /no such server/))
    await assert.rejects(servers.kick(as('mona'), server.id, 'eve'), named('NOT_FOUND', /eve is no member/))
    await servers.kick(as('mona'), server.id, 'bob')
    await servers.kick(operator, server.id, 'mona')
    assert.deepEqual(
      servers.members(server.id).map(({ name }) => name),
      ['owner', 'max'],
    )
  })

  it('leaves by themselves; even a founder can, and the node still runs the server', async () => {
    await using home = await openHome({ bob: undefined })
    const { servers, server } = home
    await servers.leave(user('bob'), server.id)
    await servers.leave(user('owner'), server.id)
    assert.deepEqual(servers.members(server.id), [])
    await assert.rejects(servers.leave(user('bob'), server.id), named('NOT_FOUND'))
    await servers.renameServer(operator, server.id, 'Empty house')
    assert.equal(servers.server(server.id)?.name, 'Empty house')
  })

  it('is the same after a restart', async () => {
    await using home = await openHome({ bob: undefined, mona: 'moderator', eve: undefined })
    const { servers, server } = home
    await servers.ban(as('mona'), server.id, 'eve', 'no')
    await servers.timeout(as('mona'), server.id, 'bob', 5_000)
    const again = await home.again()
    assert.deepEqual(again.members(server.id), servers.members(server.id))
    assert.deepEqual(again.bans(server.id), servers.bans(server.id))
    assert.deepEqual(again.servers(), servers.servers())
    assert.deepEqual(again.channels(server.id), servers.channels(server.id))
    const before = servers.authorise(user('bob'), home.general.id, 'send', 0)
    assert.deepEqual(again.authorise(user('bob'), home.general.id, 'send', 0), before)
  })
})

describe('a room without servers', () => {
  it('knows nothing and refuses politely', async () => {
    await using room = await openRoom()
    assert.deepEqual(room.servers.servers(), [])
    await assert.rejects(room.servers.renameServer(operator, 'x' as never, 'y'), named('NOT_FOUND'))
  })
})
