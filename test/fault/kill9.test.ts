import assert from 'node:assert/strict'
import { killRounds } from './kill-rounds.ts'

describe('kill -9 under load', () => {
  it('5 rounds: nothing acknowledged is lost, doubled or out of order', async function () {
    this.timeout(60_000)
    assert.ok((await killRounds(5)) > 1_000)
  })
})
