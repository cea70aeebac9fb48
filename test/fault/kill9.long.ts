import assert from 'node:assert/strict'
import { killRounds } from './kill-rounds.ts'

describe('kill -9 under load, for long', () => {
  it('50 rounds: nothing acknowledged is lost, doubled or out of order', async () => {
    assert.ok((await killRounds(50)) > 10_000)
  })
})
