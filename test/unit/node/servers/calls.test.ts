import assert from 'node:assert/strict'
import { createCallTable, type CallTable } from '../../../../node/call-table.ts'
import type { Principal, Scope } from '../../../../node/principal.ts'
import { serverCalls } from '../../../../node/servers/calls.ts'
import { openHome, user, type Home } from './fixture.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

const principal = (name: string, scope?: Scope): Principal => ({
  user: user(name),
  device: 'phone' as Principal['device'],
  scope,
})

type Answer = {
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: string; readonly message: string }
}

const caller = (home: Home) => {
  const table: CallTable = createCallTable(serverCalls(home.servers, { now: () => home.clock.ms }), { logger: quiet })
  return async (who: string | Principal, method: string, input: object = {}): Promise<Answer> => {
    const payload = Buffer.from(JSON.stringify(input))
    return (await table.answer(typeof who === 'string' ? principal(who) : who, method, payload)) as Answer
  }
}

describe('calls of servers, channels, roles and members', () => {
  it('GOV-27: run a server, named by handle or id, from its making to leaving it', async () => {
    await using home = await openHome()
    const call = caller(home)
    const made = await call('ann', 'server.create', { handle: 'anns', name: 'Ann’s' })
    assert.deepEqual(
      ((made.result ?? {})['channels'] as { handle: string }[]).map(({ handle }) => handle),
      ['general'],
    )
    assert.equal((await call('ann', 'server.rename', { server: 'anns', name: 'Ann and friends' })).error, undefined)
    await home.servers.admit(user('bob'), home.servers.serverByHandle('anns')!.id, {
      invitedBy: { kind: 'user', user: user('ann') },
    })
    const listed = await call('bob', 'server.list')
    assert.equal(((listed.result ?? {})['servers'] as { name: string }[])[0]?.name, 'Ann and friends')
    const shown = await call('bob', 'server.show', { server: 'anns' })
    assert.deepEqual(shown.result?.['permissions'], ['read', 'send'])
    assert.equal(((shown.result ?? {})['roles'] as unknown[]).length, 4)
    assert.deepEqual((await call('bob', 'server.leave', { server: 'anns' })).result, {})
    assert.equal((await call('bob', 'server.show', { server: 'anns' })).error?.code, 'NOT_FOUND')
    const { id } = home.servers.serverByHandle('anns')!
    assert.equal((await call('ann', 'server.show', { server: id })).error, undefined)
    assert.equal((await call('bob', 'server.show', { server: id })).error?.code, 'NOT_FOUND')
  })

  it('GOV-28: find a channel by id, by server/channel and by #channel, and only what one may see', async () => {
    await using home = await openHome({ bob: undefined })
    const call = caller(home)
    const setTopic = async (channel: string): Promise<string | undefined> =>
      (await call('owner', 'channel.topic', { channel, topic: channel })).error?.code
    assert.equal(await setTopic(home.general.id), undefined)
    assert.equal(await setTopic('home/general'), undefined)
    assert.equal(await setTopic('home/#general'), undefined)
    assert.equal(await setTopic('#general'), undefined)
    assert.equal(home.servers.channel(home.general.id)?.topic, '#general')
    assert.equal(await setTopic('general'), 'NOT_FOUND')
    assert.equal(await setTopic('home/general/x'), 'NOT_FOUND')
    await call('owner', 'server.create', { handle: 'two', name: 'Two' })
    assert.equal(await setTopic('#general'), 'BAD_REQUEST')
    await call('owner', 'channel.create', { server: 'home', handle: 'back', private: true })
    assert.equal((await call('bob', 'channel.topic', { channel: 'home/back', topic: 'x' })).error?.code, 'NOT_FOUND')
    assert.match(
      (await call('bob', 'channel.topic', { channel: '#general', topic: 'x' })).error?.message ?? '',
      /manageChannel/,
    )
  })

  it('GOV-29, GOV-30: do to channels, roles and members, by id or name, what the operations do', async () => {
    await using home = await openHome({ bob: undefined, eve: undefined })
    const call = caller(home)
    const ok = async (method: string, input: object): Promise<Record<string, unknown>> => {
      const { result, error } = await call('owner', method, input)
      assert.equal(error, undefined, method)
      return result ?? {}
    }
    const server = 'home'
    await ok('channel.create', { server, handle: 'news', topic: 'New', category: 'Hall' })
    const channel = 'home/news'
    await ok('channel.rename', { channel, name: 'News' })
    await ok('channel.category', { channel, category: '' })
    await ok('channel.private', { channel })
    await ok('channel.access', { channel, who: { member: 'bob' } })
    await ok('channel.override', { channel, role: 'member', deny: ['send'] })
    await ok('channel.archive', { channel })
    const { channels } = await ok('channel.list', { server })
    assert.deepEqual(
      (channels as { handle: string; private: boolean; archived: boolean }[]).map((one) => [
        one.handle,
        one.private,
        one.archived,
      ]),
      [
        ['general', false, false],
        ['news', true, true],
      ],
    )
    const { role } = await ok('role.create', { server, name: 'Host', rank: 50, permissions: ['kick'] })
    await ok('role.edit', { server, role: 'host', name: 'Hosts' })
    await ok('role.assign', { server, member: 'bob', role: (role as { id: string }).id })
    assert.equal((await call('bob', 'member.kick', { server, member: 'eve' })).error, undefined)
    await ok('role.unassign', { server, member: 'bob', role: 'Hosts' })
    await ok('role.delete', { server, role: 'Hosts' })
    assert.equal(((await ok('role.list', { server }))['roles'] as unknown[]).length, 4)
    await ok('member.timeout', { server, member: 'bob@home.example', forSeconds: 60 })
    const { members } = await ok('member.list', { server })
    assert.deepEqual(members, [
      { address: 'owner@home.example', name: 'owner', rank: 0, roles: ['0-owner'] },
      { address: 'bob@home.example', name: 'bob', rank: 100, roles: [], timeoutUntil: 61_000 },
    ])
    await ok('member.ban', { server, member: 'bob', reason: 'noise' })
    assert.deepEqual(await ok('member.bans', { server }), { bans: [{ address: 'bob@home.example', reason: 'noise' }] })
    await ok('member.unban', { server, member: 'bob' })
  })

  it('ACC-51: an app token that reads lists what lies within its channels', async () => {
    await using home = await openHome({ bob: undefined })
    const call = caller(home)
    const lists = async (scope: Scope): Promise<string> =>
      JSON.stringify([
        await call(principal('owner', scope), 'server.list'),
        await call(principal('owner', scope), 'channel.list', { server: 'home' }),
      ])
    assert.match(await lists({ send: false, read: true }), /"handle":"home".*"handle":"general"/)
    const elsewhere = await lists({ send: true, read: true, channels: [] })
    assert.doesNotMatch(elsewhere, /general|"handle":"home"/)
    assert.match(await lists({ send: true, read: false }), /NOT_ALLOWED.*NOT_ALLOWED/)
  })

  it('refuse unknown fields, app tokens and strangers by name', async () => {
    await using home = await openHome({ bob: undefined })
    const call = caller(home)
    const token = principal('owner', { send: true, read: true })
    assert.equal((await call(token, 'member.kick', { server: 'home', member: 'bob' })).error?.code, 'NOT_ALLOWED')
    assert.equal(
      (await call('owner', 'server.rename', { server: 'home', name: 'x', y: 1 })).error?.code,
      'UNKNOWN_FIELD',
    )
    assert.equal(
      (await call('owner', 'role.create', { server: 'home', name: 'x', rank: 0, permissions: [] })).error?.code,
      'BAD_REQUEST',
    )
    assert.equal((await call('eve', 'member.list', { server: 'home' })).error?.code, 'NOT_FOUND')
    assert.equal((await call('eve', 'member.list', { server: home.server.id })).error?.code, 'NOT_FOUND')
    assert.equal((await call('bob', 'member.bans', { server: 'home' })).error?.code, 'NOT_ALLOWED')
    assert.equal(
      (await call('bob', 'channel.topic', { channel: '__proto__/constructor', topic: 'x' })).error?.code,
      'NOT_FOUND',
    )
  })
})
