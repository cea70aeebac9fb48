import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { Revocation } from '../../../../node/accounts/accounts.ts'
import type { ChannelId, DeviceId } from '../../../../spec/ids.ts'
import { alice, createFixture, password } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const channel = '0190a0a0-0000-7000-8000-000000000000' as ChannelId
const both = { name: 'bot', send: true, read: true }

describe('app tokens', () => {
  let fixture: Fixture
  let revoked: Revocation[]
  beforeEach(async () => {
    fixture = await createFixture()
    revoked = []
    fixture.accounts.onRevoked((revocation) => revoked.push(revocation))
  })
  afterEach(() => fixture.accounts.stop())

  it('logs in without a computation, with the limits of the token, with or without the user name', async () => {
    const { token, secret } = await fixture.accounts.createToken('alice', {
      name: 'bell',
      channels: [channel],
      send: true,
      read: false,
    })
    assert.match(secret, /^ht_[a-z2-7]{48}$/)
    for (const username of ['alice', '', undefined]) {
      const principal = await fixture.enter({ username, password: secret, clientId: 'bell' })
      const scope = { channels: [channel], send: true, read: false }
      assert.deepEqual(principal, { user: 'alice', device: 'bell', scope, token: token.id })
    }
    assert.equal(fixture.passwordHash.verified.length, 0)
  })

  it('ACC-11: is stored as a digest, and shown once', async () => {
    const { secret } = await fixture.accounts.createToken('alice', both)
    const shown = JSON.stringify([fixture.accounts.tokens('alice'), fixture.accounts.user('alice'), fixture.logged])
    for (const text of [await fixture.store.text(), shown]) assert.ok(!text.includes(secret.slice(19)))
  })

  it('a token with any other character does not log in', async () => {
    const { secret } = await fixture.accounts.createToken('alice', both)
    const other = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567A018_é'.split(''))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 50 }), other, async (at, character) => {
        fc.pre(secret[at] !== character)
        const forged = secret.slice(0, at) + character + secret.slice(at + 1)
        assert.equal(await fixture.refusal({ password: forged }), 'LOGIN_FAILED')
      }),
    )
  })

  it('revoking ends the sessions of that token and no others, and the token is gone, also after a restart', async () => {
    const { token, secret } = await fixture.accounts.createToken('alice', both)
    const other = await fixture.accounts.createToken('alice', both)
    const bot = await fixture.enter({ password: secret })
    const otherBot = await fixture.enter({ password: other.secret })
    const person = await fixture.enter({ password })
    assert.ok(fixture.accounts.isGood(bot))
    await fixture.accounts.revokeToken('alice', token.id)
    assert.equal(revoked.length, 1)
    assert.deepEqual(
      [bot, otherBot, person].map((principal) => revoked[0]?.covers(principal)),
      [true, false, false],
    )
    assert.ok(!fixture.accounts.isGood(bot))
    assert.ok(fixture.accounts.isGood(otherBot))
    await fixture.restart()
    assert.equal(await fixture.refusal({ password: secret }), 'LOGIN_FAILED')
    assert.deepEqual(
      fixture.accounts.tokens().map(({ id }) => id),
      [other.token.id],
    )
  })

  it('revokes its own only', async () => {
    await fixture.accounts.createUser({ user: 'bob', password })
    const { token } = await fixture.accounts.createToken('alice', both)
    await assert.rejects(fixture.accounts.revokeToken('bob', token.id), { code: 'NOT_FOUND' })
    await fixture.accounts.revokeToken(undefined, token.id)
    await assert.rejects(fixture.accounts.revokeToken(undefined, token.id), { code: 'NOT_FOUND' })
  })

  it('runs out, and its sessions with it', async () => {
    const { secret } = await fixture.accounts.createToken('alice', { ...both, expiresInMs: 1_000 })
    const bot = await fixture.enter({ password: secret })
    fixture.clock.advance(999)
    await fixture.enter({ password: secret })
    fixture.clock.advance(1)
    const late = await fixture.login({ password: secret })
    assert.deepEqual(late, { ok: false, code: 'LOGIN_FAILED', reason: 'this app token has run out: make a new one' })
    assert.ok(!fixture.accounts.isGood(bot))
    const ended = new Promise<Revocation>((resolve) => fixture.accounts.onRevoked(resolve))
    await fixture.accounts.start()
    assert.ok((await ended).covers(bot))
  })

  it('ACC-20: bound to a device, it works there only, and goes with it', async () => {
    const { secret } = await fixture.accounts.createToken('alice', { ...both, device: 'bell' as DeviceId })
    assert.equal(await fixture.refusal({ password: secret, clientId: 'elsewhere' }), 'LOGIN_FAILED')
    await fixture.enter({ password: secret, clientId: 'bell' })
    assert.deepEqual(
      fixture.accounts.devices('alice').map(({ device }) => device),
      ['bell'],
    )
    await fixture.accounts.revokeDevice('alice', 'bell')
    assert.deepEqual(fixture.accounts.tokens('alice'), [])
    assert.equal(await fixture.refusal({ password: secret, clientId: 'bell' }), 'LOGIN_FAILED')
  })

  it('unbound, its client ids are no devices, but a revoked one stays out', async () => {
    const { secret } = await fixture.accounts.createToken('alice', both)
    for (let i = 0; i < 50; i++) await fixture.enter({ password: secret, clientId: `sensor${i}` })
    assert.deepEqual(fixture.accounts.devices('alice'), [])
    await fixture.enter({ password, clientId: 'phone' })
    await fixture.accounts.revokeDevice('alice', 'phone')
    assert.equal(await fixture.refusal({ password: secret, clientId: 'phone' }), 'DEVICE_REVOKED')
  })

  it('a user has at most 100; those that ran out make room', async () => {
    await fixture.accounts.createToken('alice', { ...both, expiresInMs: 1 })
    for (let i = 1; i < 100; i++) await fixture.accounts.createToken('alice', both)
    await assert.rejects(fixture.accounts.createToken('alice', both), { code: 'QUOTA' })
    fixture.clock.advance(1)
    await fixture.accounts.createToken('alice', both)
    assert.equal(fixture.accounts.tokens('alice').length, 100)
    await assert.rejects(fixture.accounts.createToken('alice', both), { code: 'QUOTA' })
  })

  it('refuses tokens that make no sense', async () => {
    const senseless = [
      { ...both, name: '' },
      { ...both, name: 'x'.repeat(81) },
      { ...both, send: false, read: false },
      { ...both, channels: [] },
      { ...both, expiresInMs: 0 },
      { ...both, expiresInMs: Number.NaN },
    ]
    for (const options of senseless) {
      await assert.rejects(fixture.accounts.createToken('alice', options), { code: 'BAD_REQUEST' })
    }
    await assert.rejects(fixture.accounts.createToken('nobody', both), { code: 'NOT_FOUND' })
  })

  it('remembers its last use by the hour, and a full disk keeps nobody out', async () => {
    const { secret } = await fixture.accounts.createToken('alice', both)
    fixture.store.failing = true
    await fixture.enter({ password: secret })
    fixture.store.failing = false
    assert.equal(fixture.accounts.tokens('alice')[0]?.lastUsed, undefined)
    const first = fixture.clock.now()
    await fixture.enter({ password: secret })
    const { commits } = fixture.store
    fixture.clock.advance(3_599_999)
    await fixture.enter({ password: secret })
    assert.equal(fixture.store.commits, commits)
    assert.equal(fixture.accounts.tokens('alice')[0]?.lastUsed, first)
    fixture.clock.advance(1)
    await fixture.enter({ password: secret })
    assert.equal(fixture.store.commits, commits + 1)
  })

  it('a disabled user has no working token', async () => {
    const { secret } = await fixture.accounts.createToken('alice', both)
    const bot = await fixture.enter({ password: secret })
    await fixture.accounts.setDisabled('alice', true)
    assert.ok(revoked[0]?.covers(bot))
    assert.equal(revoked[0]?.user, alice)
    assert.ok(!fixture.accounts.isGood(bot))
    assert.equal(await fixture.refusal({ password: secret }), 'ACCOUNT_DISABLED')
  })
})
