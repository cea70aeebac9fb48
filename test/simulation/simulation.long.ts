import assert from 'node:assert/strict'
import { bugs } from './bugs.ts'
import { simulate } from './simulate.ts'

const seeds = 10_000
const seedsPerBug = 1_000

describe('simulated nodes, at length', () => {
  it(`keep every promise under ${seeds} seeds of faults`, async () => {
    const failed: number[] = []
    for (let seed = 1; seed <= seeds; seed++) {
      const { findings } = await simulate(seed)
      if (findings.length > 0) failed.push(seed)
    }
    assert.deepEqual(failed, [], failed.map((seed) => `node test/simulation/replay.ts ${seed}`).join('\n'))
  }).timeout(7_200_000)
})

describe('the simulator finds', () => {
  for (const bug of bugs) {
    it(`a node that ${bug.name}`, async () => {
      for (let seed = 1; seed <= seedsPerBug; seed++) {
        // What the seed finds by itself is no credit.
        if ((await simulate(seed, bug)).findings.length > 0 && (await simulate(seed)).findings.length === 0) return
      }
      assert.fail(`not within ${seedsPerBug} seeds`)
    }).timeout(3_600_000)
  }
})
