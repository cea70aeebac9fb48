import assert from 'node:assert/strict'
import { argon2id } from '../../../../node/accounts/argon2.ts'
import { createFixture, password } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const minuteMs = 60_000

describe('guessing', () => {
  let fixture: Fixture
  beforeEach(async () => {
    fixture = await createFixture()
  })
  afterEach(() => fixture.accounts.stop())

  it('threat 36: an unknown user costs one computation, as a known one does', async () => {
    const work = { known: [] as number[], unknown: [] as number[] }
    for (let i = 0; i < 10_000; i++) {
      const kind = i % 3 === 0 ? 'known' : 'unknown'
      const before = fixture.passwordHash.verified.length
      const username = kind === 'known' ? 'alice' : `user${i}`
      const address = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
      assert.equal(await fixture.refusal({ username, address, password: 'wrong horse' }), 'LOGIN_FAILED')
      work[kind].push(fixture.passwordHash.verified.length - before)
    }
    assert.deepEqual(meanAndVariance(work.known), { mean: 1, variance: 0 })
    assert.deepEqual(meanAndVariance(work.unknown), { mean: 1, variance: 0 })
  })

  it('threat 36: the computation for an unknown user has the same parameters and really runs', async () => {
    const real = await createFixture({ passwordHash: argon2id })
    await real.refusal({ password: 'wrong horse' })
    await real.refusal({ username: 'nobody', password: 'wrong horse' })
    const [known = '', unknown = ''] = real.passwordHash.verified
    const parameters = /^\$argon2id\$v=\d+\$[^$]+\$/
    assert.equal(parameters.exec(unknown)?.[0], parameters.exec(known)?.[0])
    assert.equal(unknown.length, known.length)
    assert.notEqual(unknown, known)
  })

  it('threat 36: a wait says nothing about whether the user exists', async () => {
    const outcomes = { alice: [] as string[], nobody: [] as string[] }
    for (const username of ['alice', 'nobody'] as const) {
      for (let i = 0; i < 8; i++) {
        const outcome = await fixture.login({
          username,
          password: 'wrong horse',
          address: `198.51.100.${username.length}`,
        })
        outcomes[username].push(outcome.ok ? 'ok' : `${outcome.code} ${outcome.reason}`)
      }
    }
    assert.deepEqual(outcomes.alice, outcomes.nobody)
  })

  it('threat 37: five wrong passwords a minute, then the pair waits, and longer each time', async () => {
    const wrong = { password: 'wrong horse' }
    for (let i = 0; i < 5; i++) assert.equal(await fixture.refusal(wrong), 'LOGIN_FAILED')
    assert.equal(await fixture.refusal({ password }), 'LOGIN_TOO_OFTEN')
    fixture.clock.advance(minuteMs - 1)
    assert.equal(await fixture.refusal({ password }), 'LOGIN_TOO_OFTEN')
    fixture.clock.advance(1)
    assert.equal(await fixture.refusal(wrong), 'LOGIN_FAILED')
    fixture.clock.advance(2 * minuteMs - 1)
    const waiting = await fixture.login({ password })
    assert.deepEqual(waiting, { ok: false, code: 'LOGIN_TOO_OFTEN', reason: 'too many attempts, wait 1 seconds' })
    fixture.clock.advance(1)
    await fixture.enter({ password })
    assert.equal(await fixture.refusal(wrong), 'LOGIN_FAILED')
  })

  it('threat 37: 10,000 tries from one address cost 5 computations for one user and 20 in all; elsewhere one logs in', async () => {
    const before = fixture.passwordHash.verified.length
    const tries = Array.from({ length: 10_000 }, (_, i) =>
      fixture.login({ username: i < 5_000 ? 'alice' : `user${i}`, password: `guess ${i}`, address: '203.0.113.66' }),
    )
    const honest = fixture.login({ password, address: '198.51.100.7' })
    assert.ok((await honest).ok)
    const codes = new Map<string, number>()
    for (const outcome of await Promise.all(tries)) {
      const code = outcome.ok ? 'went through' : outcome.code
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
    assert.deepEqual([...codes.keys()].toSorted(), ['LOGIN_FAILED', 'LOGIN_TOO_OFTEN'])
    assert.ok((codes.get('LOGIN_FAILED') ?? 0) <= 20)
    assert.ok(fixture.passwordHash.verified.length - before <= 21)
    assert.ok(fixture.passwordHash.runningMost <= 2)
  })

  it('threat 37: one address, even with many users, has one computation at a time', async () => {
    for (let i = 0; i < 10; i++) await fixture.accounts.createUser({ user: `user${i}`, password })
    fixture.passwordHash.runningMost = 0
    await Promise.all(Array.from({ length: 10 }, (_, i) => fixture.enter({ username: `user${i}`, password })))
    assert.equal(fixture.passwordHash.runningMost, 1)
  })

  it('threat 37: from an address where the user was seen one goes ahead of strangers', async () => {
    await fixture.enter({ password, address: '198.51.100.7' })
    let open = (): void => undefined
    fixture.passwordHash.gate = new Promise((resolve) => (open = resolve))
    const done: string[] = []
    const strangers = Array.from({ length: 400 }, (_, i) =>
      fixture
        .login({ password: 'wrong horse', address: `10.0.${i >> 8}.${i & 255}` })
        .then(() => done.push('stranger')),
    )
    const honest = fixture.login({ password, address: '198.51.100.7' }).then(() => done.push('alice'))
    open()
    await Promise.all([...strangers, honest])
    assert.ok(done.indexOf('alice') <= 4, `alice was number ${done.indexOf('alice')}`)
  })

  it('a full queue refuses at once and by name', async () => {
    let open = (): void => undefined
    fixture.passwordHash.gate = new Promise((resolve) => (open = resolve))
    const tries = Array.from({ length: 600 }, (_, i) =>
      fixture.login({ password: 'wrong horse', address: `10.0.${i >> 8}.${i & 255}` }),
    )
    const last = await tries[599]
    assert.equal(last !== undefined && !last.ok && last.code, 'LOGIN_TOO_OFTEN')
    open()
    await Promise.all(tries)
  })

  it('app tokens are not guessed and not counted', async () => {
    const { secret } = await fixture.accounts.createToken('alice', { name: 'bot', send: true, read: true })
    for (let i = 0; i < 100; i++) await fixture.refusal({ password: `ht_${'a'.repeat(48)}` })
    await fixture.enter({ password: secret })
    await fixture.enter({ password })
    assert.equal(fixture.passwordHash.verified.length, 1)
  })

  it('threat 38: 10,000 guesses of an invite get one error and soon a wait; elsewhere the invite works', async () => {
    const { code } = await fixture.accounts.createInvite(undefined, {})
    assert.match(code, /^hi_[a-z2-7]{26}$/)
    const codes = new Set<string>()
    let misses = 0
    for (let i = 0; i < 10_000; i++) {
      const guess = `hi_${i
        .toString(32)
        .padStart(26, 'a')
        .replaceAll(/[0189]/g, 'z')}`
      try {
        await fixture.accounts.register({ invite: guess, user: 'mallory', password, address: '203.0.113.66' })
      } catch (error) {
        const { code: name } = error as { code: string }
        codes.add(name)
        if (name === 'INVITE_INVALID') misses += 1
      }
    }
    assert.deepEqual([...codes].toSorted(), ['INVITE_INVALID', 'LOGIN_TOO_OFTEN'])
    assert.equal(misses, 10)
    await assert.rejects(fixture.accounts.register({ invite: code, user: 'bob', password, address: '203.0.113.66' }), {
      code: 'LOGIN_TOO_OFTEN',
    })
    await fixture.accounts.register({ invite: code, user: 'bob', password, address: '198.51.100.7' })
  })

  it('threat 38: invites are 128 random bits each, and not stored', async () => {
    const codes = new Set<string>()
    for (let i = 0; i < 500; i++) codes.add((await fixture.accounts.createInvite(undefined, {})).code)
    assert.equal(codes.size, 500)
    const stored = await fixture.store.text()
    for (const code of codes) assert.ok(!stored.includes(code.slice(3)))
    // Each of the 128 bits is set in about half of them: 500 coins, 6 standard deviations.
    for (let at = 0; at < 25; at++) {
      const seen = new Set([...codes].map((code) => code[3 + at]))
      assert.ok(seen.size >= 30, `character ${at} takes only ${seen.size} values`)
    }
  })
})

const meanAndVariance = (values: readonly number[]): { mean: number; variance: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) }
}
