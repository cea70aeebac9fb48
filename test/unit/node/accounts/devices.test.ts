import assert from 'node:assert/strict'
import type { Revocation } from '../../../../node/accounts/accounts.ts'
import { createSigningKey } from '../../../../node/crypto.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { DeviceId } from '../../../../spec/ids.ts'
import { alice, createFixture, password } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const dayMs = 24 * 3600 * 1000
const phone = 'phone' as DeviceId
const { publicKey } = createSigningKey(new Uint8Array(32).fill(5))

describe('devices', () => {
  let fixture: Fixture
  let revoked: Revocation[]
  beforeEach(async () => {
    fixture = await createFixture()
    revoked = []
    fixture.accounts.onRevoked((revocation) => revoked.push(revocation))
  })
  afterEach(() => fixture.accounts.stop())

  const names = (): string[] => fixture.accounts.devices('alice').map(({ device }) => device)
  const fill = async (from: number): Promise<void> => {
    for (let i = from; i < 20; i++) await fixture.enter({ password, clientId: `d${i}` })
  }

  it('are recorded at the first login and seen by the hour, across a restart', async () => {
    const first = fixture.clock.now()
    await fixture.enter({ password, protocolVersion: 4 })
    fixture.clock.advance(3_599_999)
    await fixture.enter({ password, protocolVersion: 4 })
    const record = { device: phone, client: 'MQTT 3.1.1', address: '192.0.2.1', key: undefined, revoked: undefined }
    assert.deepEqual(fixture.accounts.devices('alice'), [{ ...record, firstSeen: first, lastSeen: first }])
    fixture.clock.advance(1)
    await fixture.enter({ password, protocolVersion: 4 })
    await fixture.restart()
    const seen = { firstSeen: first, lastSeen: first + 3_600_000 }
    assert.deepEqual(fixture.accounts.devices('alice'), [{ ...record, ...seen }])
  })

  it('a full disk keeps no device out', async () => {
    fixture.store.failing = true
    await fixture.enter({ password })
    assert.equal(fixture.logged.length, 1)
    fixture.store.failing = false
    await fixture.enter({ password })
    assert.deepEqual(names(), ['phone'])
  })

  it('ACC-21: at most 20; the one unseen for longest makes room after 30 days, unless it has a key or a token', async () => {
    await fixture.enter({ password, clientId: 'with-key' })
    await fixture.accounts.enrollDevice(alice, 'with-key' as DeviceId, publicKey)
    await fixture.enter({ password, clientId: 'with-token' })
    const bound = { name: 'bot', send: true, read: true, device: 'with-token' as DeviceId }
    await fixture.accounts.createToken('alice', bound)
    await fill(2)
    assert.equal(await fixture.refusal({ password, clientId: 'another' }), 'DEVICE_LIMIT')
    await fixture.enter({ password, clientId: 'd7' })
    fixture.clock.advance(30 * dayMs)
    assert.equal(await fixture.refusal({ password, clientId: 'another' }), 'DEVICE_LIMIT')
    await fixture.enter({ password, clientId: 'd2' })
    fixture.clock.advance(1)
    await fixture.enter({ password, clientId: 'another' })
    assert.equal(names().length, 20)
    assert.ok(!names().includes('d3'))
    for (const kept of ['with-key', 'with-token', 'd2', 'd4']) assert.ok(names().includes(kept), kept)
  })

  it('logins of many new devices at once stay under the cap', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => fixture.login({ password, clientId: `d${i}` })),
    )
    assert.equal(outcomes.filter(({ ok }) => ok).length, 20)
    assert.equal(names().length, 20)
  })

  it('ACC-23, ACC-40: a revoked one loses its session, its key and its place, and stays out', async () => {
    const principal = await fixture.enter({ password })
    const laptop = await fixture.enter({ password, clientId: 'laptop' })
    await fixture.accounts.enrollDevice(alice, phone, publicKey)
    await fill(2)
    await fixture.accounts.revokeDevice('alice', 'phone')
    assert.equal(revoked.length, 1)
    assert.deepEqual([revoked[0]?.user, revoked[0]?.device, revoked[0]?.code], [alice, phone, 'DEVICE_REVOKED'])
    assert.deepEqual(
      [principal, laptop].map((one) => revoked[0]?.covers(one)),
      [true, false],
    )
    assert.deepEqual(
      [principal, laptop].map((one) => fixture.accounts.isGood(one)),
      [false, true],
    )
    await fixture.restart()
    assert.equal(await fixture.refusal({ password }), 'DEVICE_REVOKED')
    assert.equal(await fixture.refusal({ password: 'wrong horse' }), 'LOGIN_FAILED')
    await assert.rejects(fixture.accounts.enrollDevice(alice, phone, publicKey), { code: 'NOT_FOUND' })
    await assert.rejects(fixture.accounts.revokeDevice('alice', 'phone'), { code: 'NOT_FOUND' })
    await fixture.enter({ password, clientId: 'phone-2' })
    assert.equal(fixture.accounts.user('alice').devices, 20)
    const record = fixture.accounts.devices('alice').find(({ device }) => device === phone)
    assert.equal(record?.key, undefined)
    assert.equal(record?.revoked, fixture.clock.now())
  })

  it('another user of the same device id is not concerned', async () => {
    await fixture.accounts.createUser({ user: 'bob', password })
    const bobs = await fixture.enter({ username: 'bob', password })
    await fixture.enter({ password })
    await fixture.accounts.revokeDevice('alice', 'phone')
    assert.equal(revoked[0]?.covers(bobs), false)
    await fixture.enter({ username: 'bob', password })
  })

  it('nothing is revoked that is not on disk', async () => {
    const principal = await fixture.enter({ password })
    fixture.store.failing = true
    await assert.rejects(fixture.accounts.revokeDevice('alice', 'phone'), { code: 'DISK_FULL' })
    assert.deepEqual(revoked, [])
    assert.ok(fixture.accounts.isGood(principal))
  })

  it('the 100 revoked last are remembered', async () => {
    for (let i = 0; i < 105; i++) {
      fixture.clock.advance(1)
      await fixture.enter({ password, clientId: `d${i}` })
      await fixture.accounts.revokeDevice('alice', `d${i}`)
    }
    await fixture.enter({ password })
    assert.equal(names().length, 101)
    assert.equal(await fixture.refusal({ password, clientId: 'd104' }), 'DEVICE_REVOKED')
  })

  it('ACC-30: only a strict key can be enrolled, and only for a recorded device', async () => {
    await fixture.enter({ password })
    for (const key of [new Uint8Array(32), new Uint8Array(31), new Uint8Array(32).fill(0xff), new Uint8Array()]) {
      await assert.rejects(fixture.accounts.enrollDevice(alice, phone, key), { code: 'BAD_REQUEST' })
    }
    await assert.rejects(fixture.accounts.enrollDevice(alice, 'unseen' as DeviceId, publicKey), { code: 'NOT_FOUND' })
    const view = await fixture.accounts.enrollDevice(alice, phone, publicKey)
    assert.equal(view.key, encodeBase32(publicKey))
  })
})

describe('a new password', () => {
  it("ACC-41: ends the user's own sessions but the caller's, and none of app tokens or of others", async () => {
    const fixture = await createFixture()
    const revoked: Revocation[] = []
    const unsubscribe = fixture.accounts.onRevoked((revocation) => revoked.push(revocation))
    await fixture.accounts.createUser({ user: 'bob', password })
    const { secret } = await fixture.accounts.createToken('alice', { name: 'bot', send: true, read: true })
    const sessions = [
      await fixture.enter({ password }),
      await fixture.enter({ password, clientId: 'laptop' }),
      await fixture.enter({ password: secret, clientId: 'bot' }),
      await fixture.enter({ username: 'bob', password }),
    ]
    const covered = (): (boolean | undefined)[] => sessions.map((one) => revoked.at(-1)?.covers(one))

    await assert.rejects(
      fixture.accounts.changePassword(alice, { old: 'wrong horse', new: 'another horse', device: phone }),
      { code: 'LOGIN_FAILED' },
    )
    await assert.rejects(fixture.accounts.changePassword(alice, { old: password, new: 'short', device: phone }), {
      code: 'BAD_REQUEST',
    })
    assert.deepEqual(revoked, [])
    await fixture.accounts.changePassword(alice, { old: password, new: 'another horse', device: phone })
    assert.deepEqual(covered(), [false, true, false, false])
    await fixture.accounts.setPassword('alice', 'third horse')
    assert.deepEqual(covered(), [true, true, false, false])

    unsubscribe()
    const { password: made } = await fixture.accounts.setPassword('alice')
    assert.equal(revoked.length, 2)
    assert.ok(made)
    assert.equal(await fixture.refusal({ password }), 'LOGIN_FAILED')
    await fixture.enter({ password: made })
    await fixture.restart()
    await fixture.enter({ password: made })
  })

  it('is not guessed by who holds a session', async () => {
    const fixture = await createFixture()
    const guess = { old: 'wrong horse', new: 'another horse', device: phone }
    for (let i = 0; i < 5; i++) {
      await assert.rejects(fixture.accounts.changePassword(alice, guess), { code: 'LOGIN_FAILED' })
    }
    await assert.rejects(fixture.accounts.changePassword(alice, guess), { code: 'LOGIN_TOO_OFTEN' })
    await fixture.enter({ password })
  })
})
