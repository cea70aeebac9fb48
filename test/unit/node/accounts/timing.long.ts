import assert from 'node:assert/strict'
import { argon2id } from '../../../../node/accounts/argon2.ts'
import { createFixture } from './fixture.ts'

const pairs = 1_000

/**
 * Wall time on a shared machine: the order of each pair is random, and the bound on t is far out (p < 1e-6), so that
 * only a real difference fails.
 */
describe('login timing', () => {
  it('threat 36: the time of a wrong password and of an unknown user does not differ (Welch t-test)', async function () {
    this.timeout(300_000)
    const fixture = await createFixture({ passwordHash: argon2id })
    const timed = async (username: string, i: number): Promise<number> => {
      const start = performance.now()
      const address = `10.${username === 'alice' ? 1 : 2}.${i >> 8}.${i & 255}`
      assert.equal(await fixture.refusal({ username, address, password: `guess ${i}` }), 'LOGIN_FAILED')
      return performance.now() - start
    }
    const times = { alice: [] as number[], nobody: [] as number[] }
    for (let i = 0; i < pairs; i++) {
      const order = ['alice', 'nobody'] as const
      for (const username of Math.random() < 0.5 ? order : order.toReversed())
        times[username].push(await timed(username, i))
    }
    const [known, unknown] = [moments(times.alice), moments(times.nobody)]
    const t = (known.mean - unknown.mean) / Math.sqrt((known.variance + unknown.variance) / pairs)
    console.log(`      known ${known.mean.toFixed(3)} ms, unknown ${unknown.mean.toFixed(3)} ms, t = ${t.toFixed(2)}`)
    assert.ok(Math.abs(t) < 5)
  })
})

const moments = (values: readonly number[]): { mean: number; variance: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) }
}
