import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { createSigningKey } from '../../../../node/crypto.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { DeviceId, NodeId } from '../../../../spec/ids.ts'
import { createTicket } from '../../../../spec/ticket.ts'
import type { Ticket } from '../../../../spec/ticket.ts'
import { alice, bob, createFixture, nodeId, password } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const phone = 'phone' as DeviceId
const key = createSigningKey(new Uint8Array(32).fill(5))

describe('tickets', () => {
  let fixture: Fixture
  beforeEach(async () => {
    fixture = await createFixture()
    await fixture.enter({ password })
    await fixture.accounts.enrollDevice(alice, phone, key.publicKey)
  })
  afterEach(() => fixture.accounts.stop())

  const sign = (fields: Partial<Ticket> = {}, by = key): string =>
    createTicket(
      {
        user: alice,
        device: phone,
        node: nodeId,
        issuedMs: fixture.clock.now(),
        nonce: encodeBase32(randomBytes(16)),
        ...fields,
      },
      by.sign,
    )

  it('log a device in as a person, without a computation, user name given or not', async () => {
    for (const username of ['alice', '', undefined]) {
      const principal = await fixture.enter({ username, password: sign() })
      assert.deepEqual(principal, { user: alice, device: phone, scope: undefined })
    }
    assert.equal(fixture.passwordHash.verified.length, 1)
  })

  it('ACC-34: are accepted once, also when both come at the same time', async () => {
    const ticket = sign()
    const outcomes = await Promise.all([fixture.login({ password: ticket }), fixture.login({ password: ticket })])
    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [true, false],
    )
    assert.equal(await fixture.refusal({ password: ticket }), 'LOGIN_FAILED')
  })

  it('ACC-34: are accepted once, also by a node that was started again or set its clock back', async () => {
    const ticket = sign()
    await fixture.enter({ password: ticket })
    await fixture.restart()
    assert.equal(await fixture.refusal({ password: ticket }), 'LOGIN_FAILED')
    fixture.clock.advance(3_600_000)
    await fixture.restart()
    fixture.clock.advance(-3_600_000)
    assert.equal(await fixture.refusal({ password: ticket }), 'LOGIN_FAILED')
  })

  it('ACC-34: let nobody in before they are marked as used on disk', async () => {
    const ticket = sign()
    fixture.store.failing = true
    assert.equal(await fixture.refusal({ password: ticket }), 'DISK_FULL')
    fixture.store.failing = false
    await fixture.enter({ password: ticket })
  })

  it('ACC-33: are accepted up to 60 s old and 5 s ahead', async () => {
    const now = fixture.clock.now()
    for (const issuedMs of [now - 60_000, now + 5_000]) await fixture.enter({ password: sign({ issuedMs }) })
    for (const issuedMs of [now - 60_001, now + 5_001]) {
      assert.equal(await fixture.refusal({ password: sign({ issuedMs }) }), 'LOGIN_FAILED')
    }
  })

  it('ACC-33: are for one node, one user and one client id', async () => {
    await fixture.accounts.createUser({ user: 'bob', password })
    const elsewhere = encodeBase32(createSigningKey().publicKey) as NodeId
    assert.equal(await fixture.refusal({ password: sign({ node: elsewhere }) }), 'LOGIN_FAILED')
    assert.equal(await fixture.refusal({ password: sign(), clientId: 'laptop' }), 'LOGIN_FAILED')
    assert.equal(await fixture.refusal({ password: sign(), clientId: '' }), 'LOGIN_FAILED')
    assert.equal(await fixture.refusal({ password: sign(), username: 'bob' }), 'LOGIN_FAILED')
    assert.equal(await fixture.refusal({ password: sign({ user: bob }), username: 'bob' }), 'LOGIN_FAILED')
  })

  it('are signed by the key enrolled last', async () => {
    const other = createSigningKey(new Uint8Array(32).fill(6))
    assert.equal(await fixture.refusal({ password: sign({}, other) }), 'LOGIN_FAILED')
    await fixture.accounts.enrollDevice(alice, phone, other.publicKey)
    await fixture.enter({ password: sign({}, other) })
    assert.equal(await fixture.refusal({ password: sign() }), 'LOGIN_FAILED')
  })

  it('of a device that is unknown, has no key, is revoked or whose user is disabled are refused', async () => {
    await fixture.enter({ password, clientId: 'laptop' })
    for (const device of ['laptop', 'unseen'] as DeviceId[]) {
      assert.equal(await fixture.refusal({ password: sign({ device }), clientId: device }), 'LOGIN_FAILED')
    }
    await fixture.accounts.setDisabled('alice', true)
    assert.equal(await fixture.refusal({ password: sign() }), 'ACCOUNT_DISABLED')
    await fixture.accounts.setDisabled('alice', false)
    await fixture.accounts.revokeDevice('alice', 'phone')
    assert.equal(await fixture.refusal({ password: sign() }), 'LOGIN_FAILED')
  })

  it('with one character changed are refused', async () => {
    const ticket = sign()
    const other = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567.'.split(''))
    await fc.assert(
      fc.asyncProperty(fc.nat(ticket.length - 1), other, async (at, character) => {
        fc.pre(at > 2 && ticket[at] !== character)
        const forged = ticket.slice(0, at) + character + ticket.slice(at + 1)
        assert.equal(await fixture.refusal({ password: forged }), 'LOGIN_FAILED')
      }),
    )
    await fixture.enter({ password: ticket })
  })
})
