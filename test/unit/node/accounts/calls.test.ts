import assert from 'node:assert/strict'
import { accountCalls } from '../../../../node/accounts/calls.ts'
import { createSigningKey } from '../../../../node/crypto.ts'
import type { Principal } from '../../../../node/principal.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { createFixture, home, password } from './fixture.ts'
import type { Fixture } from './fixture.ts'

describe('account calls', () => {
  let fixture: Fixture
  let me: Principal
  beforeEach(async () => {
    fixture = await createFixture()
    me = await fixture.enter({ password })
  })
  afterEach(() => fixture.accounts.stop())

  /** As the table of calls does it: the input through its schema, the answer through its own, both strict. */
  const call = async (method: string, input: object = {}, principal = me): Promise<Record<string, unknown>> => {
    const handler = accountCalls(fixture.accounts).find(({ spec }) => spec.method === method)
    assert.ok(handler, method)
    const output = await handler.handle(principal, handler.spec.input.parse(input) as never)
    return JSON.parse(JSON.stringify(handler.spec.output.parse(output))) as Record<string, unknown>
  }

  it('ACC-46: an app token makes none of them', async () => {
    const { secret } = await fixture.accounts.createToken('alice', { name: 'bot', send: true, read: true })
    const bot = await fixture.enter({ password: secret })
    const handlers = accountCalls(fixture.accounts)
    assert.equal(handlers.length, 12)
    for (const handler of handlers) {
      await assert.rejects(handler.handle(bot, {} as never), { code: 'NOT_ALLOWED' }, handler.spec.method)
    }
  })

  it('take no unknown field', () => {
    for (const { spec } of accountCalls(fixture.accounts)) {
      const outcome = spec.input.safeParse({ surprise: 1 })
      assert.ok(
        outcome.error?.issues.some(({ code }) => code === 'unrecognized_keys'),
        spec.method,
      )
    }
  })

  it('account.show and account.password', async () => {
    assert.equal((await call('account.show'))['user'], 'alice')
    await call('account.password', { old: password, new: 'another horse' })
    assert.equal(await fixture.refusal({ password }), 'LOGIN_FAILED')
    await fixture.enter({ password: 'another horse' })
  })

  it('device.enroll, device.list and device.revoke', async () => {
    const key = encodeBase32(createSigningKey().publicKey)
    assert.equal((await call('device.enroll', { key }))['key'], key)
    const { devices } = await call('device.list')
    assert.deepEqual(
      (devices as { device: string; key: string }[]).map((one) => [one.device, one.key]),
      [['phone', key]],
    )
    await call('device.revoke', { device: 'phone' })
    assert.equal(await fixture.refusal({ password }), 'DEVICE_REVOKED')
    await assert.rejects(call('device.enroll', { key: 'a'.repeat(52) }), { code: 'NOT_FOUND' })
  })

  it('token.create, token.list and token.revoke', async () => {
    const { token, secret } = await call('token.create', { name: 'bot', expiresInSeconds: 60 })
    const { id, expires, created } = token as { id: string; expires: number; created: number }
    assert.equal(expires - created, 60_000)
    await fixture.enter({ password: String(secret) })
    const { tokens } = await call('token.list')
    assert.deepEqual(
      (tokens as { id: string }[]).map((one) => one.id),
      [id],
    )
    assert.ok(!JSON.stringify(tokens).includes(String(secret)))
    await call('token.revoke', { token: id })
    assert.deepEqual(await call('token.list'), { tokens: [] })
  })

  it('invite.create, server.join, invite.list and invite.revoke', async () => {
    await fixture.accounts.createUser({ user: 'bob', password })
    const bob = await fixture.enter({ username: 'bob', password })
    const { invite, code } = await call('invite.create', { server: 'home', uses: 2 })
    assert.deepEqual(await call('server.join', { invite: code }, bob), { server: home })
    const { invites } = await call('invite.list')
    assert.deepEqual(invites, [{ ...(invite as object), usesLeft: 1, used: 1 }])
    assert.deepEqual(await call('invite.list', {}, bob), { invites: [] })
    await call('invite.revoke', { invite: (invite as { id: string }).id })
    await assert.rejects(call('server.join', { invite: code }, bob), { code: 'INVITE_INVALID' })
  })
})
