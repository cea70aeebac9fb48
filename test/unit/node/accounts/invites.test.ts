import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { HearthError } from '../../../../spec/errors.ts'
import { alice, bob, createFixture, home, password } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const address = '198.51.100.7'
const dayMs = 24 * 3600 * 1000

describe('invites', () => {
  let fixture: Fixture
  beforeEach(async () => {
    fixture = await createFixture()
  })
  afterEach(() => fixture.accounts.stop())

  const register = (invite: string, user: string) => fixture.accounts.register({ invite, user, password, address })
  const usesLeft = (): number[] => fixture.accounts.invites().map((invite) => invite.usesLeft)

  it('ACC-44: make an account and let it into the server with the role', async () => {
    const { invite, code } = await fixture.accounts.createInvite(alice, { server: 'home', role: 'guest', uses: 2 })
    assert.equal(invite.server, home)
    const { user, server } = await register(code, 'bob')
    assert.deepEqual([user.user, server], ['bob', home])
    assert.deepEqual(fixture.admission.members.get(bob), { invitedBy: alice, role: 'guest' })
    assert.deepEqual(usesLeft(), [1])
    assert.equal((await fixture.enter({ username: 'bob', password })).user, 'bob')
    await fixture.restart()
    await fixture.enter({ username: 'bob', password })
    assert.deepEqual(usesLeft(), [1])
  })

  it('ACC-45: sign up over MQTT, and the same line works again', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, { server: 'home' })
    const line = { username: 'bob', password: `${code}:${password}` }
    assert.equal((await fixture.enter(line)).user, 'bob')
    assert.deepEqual(fixture.accounts.invites(), [])
    assert.equal((await fixture.enter(line)).user, 'bob')
    fixture.clock.advance(8 * dayMs)
    await fixture.restart()
    assert.equal((await fixture.enter(line)).user, 'bob')
    assert.equal(await fixture.refusal({ ...line, password: `${code}:wrong horse` }), 'INVITE_INVALID')
    assert.equal(await fixture.refusal({ ...line, username: 'carol' }), 'INVITE_INVALID')
    assert.equal(await fixture.refusal({ ...line, password: code }), 'INVITE_INVALID')
  })

  it('over MQTT, a password may have colons, and bad ones are refused by name without a use', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, {})
    assert.equal(await fixture.refusal({ username: 'bob', password: `${code}:short` }), 'BAD_REQUEST')
    assert.deepEqual(usesLeft(), [1])
    await fixture.enter({ username: 'bob', password: `${code}:a:b:c:d:e` })
    await fixture.enter({ username: 'bob', password: 'a:b:c:d:e' })
  })

  it('a household of many signs up at once over MQTT', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, { uses: 40 })
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => fixture.login({ username: `user${i}`, password: `${code}:${password}` })),
    )
    assert.ok(outcomes.every(({ ok }) => ok))
  })

  it('ACC-44: a taken name is EXISTS and costs no use', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, {})
    await assert.rejects(register(code, 'alice'), { code: 'EXISTS' })
    assert.equal(await fixture.refusal({ password: `${code}:wrong horse` }), 'EXISTS')
    assert.deepEqual(usesLeft(), [1])
    await fixture.enter({ password: `${code}:${password}` })
    assert.deepEqual(usesLeft(), [1])
    await register(code, 'bob')
  })

  it('are used as often as they say, however many come at once', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, { uses: 3 })
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => register(code, `user${i}`)))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3)
    assert.equal(fixture.accounts.users().length, 4)
  })

  it('make one account of one name, however many come at once', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, { uses: 9 })
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, () => register(code, 'bob')))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.deepEqual(usesLeft(), [8])
  })

  it('a full disk makes no account and costs no use', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, {})
    fixture.store.failing = true
    await assert.rejects(register(code, 'bob'), { code: 'DISK_FULL' })
    fixture.store.failing = false
    assert.deepEqual(usesLeft(), [1])
    await assert.rejects(
      Promise.resolve().then(() => fixture.accounts.user('bob')),
      { code: 'NOT_FOUND' },
    )
    await register(code, 'bob')
  })

  it('ACC-44: what a crash cut short is done at the next start', async () => {
    const { code } = await fixture.accounts.createInvite(alice, { server: 'home', role: 'guest' })
    fixture.admission.refusal = new HearthError('DISK_FULL')
    const { server } = await register(code, 'bob')
    assert.equal(server, undefined)
    fixture.admission.refusal = undefined
    await fixture.restart()
    assert.deepEqual(fixture.admission.members.get(bob), { invitedBy: alice, role: 'guest' })
    fixture.admission.members.clear()
    await fixture.restart()
    assert.equal(fixture.admission.members.size, 0)
  })

  it('ACC-42: unknown, used up, run out and revoked are one error', async () => {
    const usedUp = await fixture.accounts.createInvite(undefined, {})
    await register(usedUp.code, 'bob')
    const runOut = await fixture.accounts.createInvite(undefined, { expiresInMs: 1_000 })
    fixture.clock.advance(1_000)
    const revoked = await fixture.accounts.createInvite(undefined, {})
    await fixture.accounts.revokeInvite(undefined, revoked.invite.id)
    const messages = new Set<string>()
    for (const code of [usedUp.code, runOut.code, revoked.code, `hi_${'a'.repeat(26)}`, 'hi_', '']) {
      await assert.rejects(register(code, 'carol'), (error: HearthError) => {
        assert.equal(error.code, 'INVITE_INVALID')
        messages.add(error.message)
        return true
      })
    }
    assert.equal(messages.size, 1)
    assert.deepEqual(fixture.accounts.invites(), [])
  })

  it('ACC-42: run out after 7 days unless they say otherwise', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, { uses: 2 })
    fixture.clock.advance(7 * dayMs - 1)
    await register(code, 'bob')
    fixture.clock.advance(1)
    await assert.rejects(register(code, 'carol'), { code: 'INVITE_INVALID' })
  })

  it('ACC-43: are worth what their maker may do now', async () => {
    await fixture.accounts.createUser({ user: 'bob', password })
    const { code } = await fixture.accounts.createInvite(bob, { server: 'home', uses: 9 })
    fixture.admission.powerless.add(bob)
    await assert.rejects(register(code, 'carol'), { code: 'INVITE_INVALID' })
    fixture.admission.powerless.clear()
    await fixture.accounts.setDisabled('bob', true)
    await assert.rejects(register(code, 'carol'), { code: 'INVITE_INVALID' })
    await fixture.accounts.setDisabled('bob', false)
    await register(code, 'carol')
  })

  it('let an existing user join; a member joins again without a use', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, { server: 'home', uses: 2, register: false })
    assert.deepEqual(await fixture.accounts.redeemInvite(alice, code), { server: home })
    assert.deepEqual(await fixture.accounts.redeemInvite(alice, code), { server: home })
    assert.deepEqual(usesLeft(), [1])
    await assert.rejects(register(code, 'bob'), { code: 'INVITE_INVALID' })
    assert.deepEqual(usesLeft(), [1])
  })

  it('whom the server refuses costs no use', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, { server: 'home' })
    fixture.admission.refusal = new HearthError('NOT_ALLOWED', 'you are banned')
    await assert.rejects(fixture.accounts.redeemInvite(alice, code), { code: 'NOT_ALLOWED' })
    assert.deepEqual(usesLeft(), [1])
    fixture.admission.refusal = undefined
    await fixture.restart()
    assert.equal(fixture.admission.members.size, 0)
  })

  it('for the node alone join no server', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, {})
    await assert.rejects(fixture.accounts.redeemInvite(alice, code), { code: 'INVITE_INVALID' })
  })

  it('are made by who may, and within limits', async () => {
    await assert.rejects(fixture.accounts.createInvite(alice, {}), { code: 'BAD_REQUEST' })
    await assert.rejects(fixture.accounts.createInvite(alice, { server: 'elsewhere' }), { code: 'NOT_FOUND' })
    fixture.admission.powerless.add(alice)
    await assert.rejects(fixture.accounts.createInvite(alice, { server: 'home' }), { code: 'NOT_ALLOWED' })
    fixture.admission.powerless.clear()
    for (const options of [{ uses: 0 }, { uses: 10_001 }, { uses: 1.5 }, { expiresInMs: 0 }]) {
      await assert.rejects(fixture.accounts.createInvite(alice, { server: 'home', ...options }), {
        code: 'BAD_REQUEST',
      })
    }
    await assert.rejects(fixture.accounts.createInvite(undefined, { role: 'guest' }), { code: 'BAD_REQUEST' })
    for (let i = 0; i < 100; i++) await fixture.accounts.createInvite(alice, { server: 'home' })
    await assert.rejects(fixture.accounts.createInvite(alice, { server: 'home' }), { code: 'QUOTA' })
  })

  it('are listed and revoked by their maker and the operator only', async () => {
    await fixture.accounts.createUser({ user: 'bob', password })
    const { invite } = await fixture.accounts.createInvite(alice, { server: 'home' })
    assert.deepEqual(fixture.accounts.invites(bob), [])
    assert.deepEqual(fixture.accounts.invites(alice), [invite])
    await assert.rejects(fixture.accounts.revokeInvite(bob, invite.id), { code: 'NOT_FOUND' })
    await fixture.accounts.revokeInvite(alice, invite.id)
    assert.deepEqual(fixture.accounts.invites(), [])
  })
})

describe('users', () => {
  it('are created with a given or a made password, once', async () => {
    const fixture = await createFixture()
    const { accounts } = fixture
    const { user, password: made } = await accounts.createUser({ user: 'bob' })
    assert.match(made ?? '', /^[a-z2-7]{16}$/)
    assert.deepEqual([user.user, user.disabled, user.devices, user.tokens], ['bob', false, 0, 0])
    await fixture.enter({ username: 'bob', password: made ?? '' })
    await assert.rejects(accounts.createUser({ user: 'bob' }), { code: 'EXISTS' })
    assert.deepEqual(
      accounts.users().map((one) => one.user),
      ['alice', 'bob'],
    )
    assert.throws(() => accounts.user('nobody'), { code: 'NOT_FOUND' })
  })

  it('have a name of ID-7 whatever is wished for', async () => {
    const { accounts } = await createFixture()
    const wished = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'ab0._-/+#:@A'.split('')), maxLength: 34 }),
    )
    await fc.assert(
      fc.asyncProperty(wished, async (user) => {
        const taken = accounts.users().length
        const outcome = await accounts.createUser({ user }).catch((error: HearthError) => error.code)
        if (typeof outcome === 'object') return assert.match(outcome.user.user, /^[a-z0-9][a-z0-9._-]{0,31}$/)
        assert.ok(outcome === 'BAD_REQUEST' || outcome === 'EXISTS')
        assert.equal(accounts.users().length, taken)
      }),
    )
  })

  it('two of one name at once: one is made', async () => {
    const { accounts } = await createFixture()
    const outcomes = await Promise.allSettled([
      accounts.createUser({ user: 'bob' }),
      accounts.createUser({ user: 'bob' }),
    ])
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  })

  it('nothing that is shown holds a password or its hash', async () => {
    const { accounts, logged } = await createFixture()
    const shown = JSON.stringify([accounts.users(), accounts.devices('alice'), logged])
    assert.ok(!/\$test\$|correct/.test(shown))
  })
})
