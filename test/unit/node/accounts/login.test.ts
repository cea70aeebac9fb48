import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { argon2id } from '../../../../node/accounts/argon2.ts'
import { errorTable } from '../../../../spec/errors.ts'
import { createFixture, password } from './fixture.ts'
import type { Fixture } from './fixture.ts'

describe('login', () => {
  let fixture: Fixture
  beforeEach(async () => {
    fixture = await createFixture()
  })
  afterEach(() => fixture.accounts.stop())

  it('takes a right password and names the session after user and device', async () => {
    const outcome = await fixture.login({ password })
    assert.deepEqual(outcome, {
      ok: true,
      value: { principal: { user: 'alice', device: 'phone', scope: undefined }, sessionKey: 'alice:phone' },
    })
  })

  it('works with argon2id of the parameters of ACC-12', async () => {
    const real = await createFixture({ passwordHash: argon2id })
    assert.equal((await real.enter({ password })).user, 'alice')
    assert.equal(await real.refusal({ password: 'wrong horse' }), 'LOGIN_FAILED')
    assert.match(real.passwordHash.verified[0] ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  it('hashes a password in the form NFC (ACC-13)', async () => {
    await fixture.accounts.createUser({ user: 'zoe', password: 'Zoe\u0308 is here' })
    assert.equal((await fixture.enter({ username: 'zoe', password: 'Zo\u00eb is here' })).user, 'zoe')
  })

  it('refuses passwords that are too short, too long, ill-formed or look like a token (ACC-13)', async () => {
    const refused = [
      '1234567',
      'x'.repeat(257),
      'lone \ud800 surrogate',
      'ht_something',
      'tk_something',
      'hi_something',
    ]
    for (const text of refused) {
      await assert.rejects(fixture.accounts.createUser({ user: 'carol', password: text }), { code: 'BAD_REQUEST' })
    }
    await fixture.accounts.createUser({ user: 'carol', password: '😀'.repeat(256) })
  })

  it('has one error for all that is wrong about a login (ACC-14)', async () => {
    const { secret } = await fixture.accounts.createToken('alice', { name: 'bot', send: true, read: true })
    const reasons = new Set<string>()
    const attempts = [
      { password: 'wrong horse' },
      { username: 'nobody', password },
      { username: 'no/body', password },
      { username: '', password },
      { password: `ht_${'a'.repeat(48)}` },
      { password: secret.slice(0, -1) },
      { username: 'nobody', password: secret },
      { password: 'tk_nonsense' },
    ]
    for (const attempt of attempts) {
      const outcome = await fixture.login(attempt)
      assert.ok(!outcome.ok)
      assert.equal(outcome.code, 'LOGIN_FAILED')
      reasons.add(outcome.reason)
    }
    assert.deepEqual([...reasons], [errorTable.LOGIN_FAILED.text])
  })

  it('refuses a password that is missing or not UTF-8 (ACC-10)', async () => {
    const request = { username: 'alice', clientId: 'phone', address: '192.0.2.1', protocolVersion: 5 as const }
    for (const bytes of [undefined, Uint8Array.of(0xff, 0xfe), new Uint8Array()]) {
      const outcome = await fixture.accounts.login({ ...request, password: bytes })
      assert.equal(!outcome.ok && outcome.code, 'LOGIN_FAILED')
    }
  })

  it('keeps a disabled account out, and tells only who knows the password', async () => {
    await fixture.accounts.setDisabled('alice', true)
    assert.equal(await fixture.refusal({ password: 'wrong horse' }), 'LOGIN_FAILED')
    assert.equal(await fixture.refusal({ password }), 'ACCOUNT_DISABLED')
    await fixture.accounts.setDisabled('alice', false)
    await fixture.enter({ password })
  })

  it('refuses the old password even when it was being checked while the new one came', async () => {
    let open = (): void => undefined
    fixture.passwordHash.gate = new Promise((resolve) => (open = resolve))
    const late = fixture.refusal({ password })
    fixture.passwordHash.gate = undefined
    await fixture.accounts.setPassword('alice', 'another horse')
    open()
    assert.equal(await late, 'LOGIN_FAILED')
    await fixture.enter({ password: 'another horse' })
  })

  it('threat 8: refuses client ids and user names that mean something elsewhere', async () => {
    const ids = [
      'a/b',
      'a+',
      '#',
      'a\0b',
      '__proto__',
      'constructor',
      'toString',
      'x'.repeat(65),
      'é',
      'a b',
      'a:b',
      '..',
    ]
    for (const clientId of ids)
      assert.equal(await fixture.refusal({ clientId, password }), 'CLIENT_ID_INVALID', clientId)
    const names = ['a/b', 'a+', '#', 'a\0b', '__proto__', 'constructor', 'x'.repeat(33), 'Alice', 'a:b', '.a']
    for (const user of names) {
      assert.equal(await fixture.refusal({ username: user, password }), 'LOGIN_FAILED', user)
      await assert.rejects(fixture.accounts.createUser({ user, password }), { code: 'BAD_REQUEST' }, user)
    }
  })

  it('threat 8: whatever the client id, a login is refused or its session is that of user and device', async () => {
    const { secret } = await fixture.accounts.createToken('alice', { name: 'bot', send: true, read: true })
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 70 })), async (clientId) => {
        const outcome = await fixture.login({ clientId, password: secret })
        if (!outcome.ok) return assert.equal(outcome.code, 'CLIENT_ID_INVALID')
        assert.match(outcome.value.sessionKey, /^alice:[a-z2-7]{16}:[A-Za-z0-9._-]{1,64}$/)
        if (clientId !== '') assert.equal(outcome.value.principal.device, clientId)
      }),
    )
  })

  // ACC-19
  it('threat 6: an app token takes over no session of its user', async () => {
    const { secret } = await fixture.accounts.createToken('alice', { name: 'bot', send: true, read: true })
    const own = await fixture.login({ password })
    const bot = await fixture.login({ password: secret })
    assert.ok(own.ok && bot.ok)
    assert.notEqual(own.value.sessionKey, bot.value.sessionKey)
  })

  it('gives an empty client id a random one that is no device (ACC-18, ACC-22)', async () => {
    const first = await fixture.enter({ clientId: '', password })
    const second = await fixture.enter({ clientId: '', password })
    assert.match(first.device, /^auto-[a-z2-7]{16}$/)
    assert.notEqual(first.device, second.device)
    await fixture.enter({ clientId: 'mosq-Ab1Cd2Ef3Gh4', password })
    await fixture.enter({ clientId: 'mqttjs_1a2b3c4d', password })
    assert.deepEqual(fixture.accounts.devices('alice'), [])
  })

  it('says INTERNAL, logs, and keeps what it was given to itself when something breaks', async () => {
    fixture.passwordHash.gate = Promise.reject(new Error('out of memory'))
    assert.equal(await fixture.refusal({ password }), 'INTERNAL')
    assert.equal(fixture.logged.length, 1)
    assert.ok(!JSON.stringify(fixture.logged).includes(password))
  })
})
