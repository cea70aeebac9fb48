import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { HearthError } from '../../../spec/errors.ts'
import { compareStamps, createHybridClock, type Stamp } from '../../../spec/hybrid-clock.ts'

const at = (wall: { ms: number }) => createHybridClock({ now: () => wall.ms })

describe('hybrid clock', () => {
  // CLOCK-1
  it('follows the wall clock, and counts within a millisecond', () => {
    const wall = { ms: 1000.7 }
    const clock = at(wall)
    assert.deepEqual(clock.tick(), { ms: 1000, counter: 0 })
    assert.deepEqual(clock.tick(), { ms: 1000, counter: 1 })
    wall.ms = 1001
    assert.deepEqual(clock.tick(), { ms: 1001, counter: 0 })
  })

  // CLOCK-2
  it('carries a full counter into the milliseconds', () => {
    const clock = at({ ms: 5 })
    clock.resume({ ms: 7, counter: 0xffe })
    assert.deepEqual(clock.tick(), { ms: 7, counter: 0xfff })
    assert.deepEqual(clock.tick(), { ms: 8, counter: 0 })
  })

  // CLOCK-3
  it('threat 19: refuses what is more than 60 s ahead, and does not move for it', () => {
    const clock = at({ ms: 1_000_000 })
    clock.observe({ ms: 1_060_000, counter: 4 })
    assert.deepEqual(clock.tick(), { ms: 1_060_000, counter: 5 })
    const refused = (error: unknown): boolean => error instanceof HearthError && error.code === 'CLOCK_AHEAD'
    assert.throws(() => clock.observe({ ms: 1_060_001, counter: 0 }), refused)
    assert.throws(() => clock.observe({ ms: 2 ** 48 - 1, counter: 0 }), refused)
    assert.throws(() => clock.observe({ ms: Number.NaN, counter: 0 }), refused)
    assert.deepEqual(clock.tick(), { ms: 1_060_000, counter: 6 })
  })

  // CLOCK-4
  it('threat 43: goes on from its own log when the wall clock was set back a day', () => {
    const clock = at({ ms: 1_000_000 })
    clock.resume({ ms: 87_400_000, counter: 9 })
    assert.deepEqual(clock.tick(), { ms: 87_400_000, counter: 10 })
  })

  it('never gives a stamp that is not later than all before it, whatever the wall clock does', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('tick' as const), wall: fc.nat({ max: 200 }) }),
      fc.record({
        kind: fc.constant('observe' as const),
        wall: fc.nat({ max: 200 }),
        remote: fc.record({ ms: fc.nat({ max: 300 }), counter: fc.nat({ max: 0xfff }) }),
      }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const wall = { ms: 0 }
        const clock = at(wall)
        let last: Stamp = { ms: 0, counter: 0 }
        for (const step of steps) {
          wall.ms = step.wall
          if (step.kind === 'observe') {
            clock.observe(step.remote)
            if (compareStamps(step.remote, last) > 0) last = step.remote
          }
          const next = clock.tick()
          assert.ok(compareStamps(next, last) > 0 && next.counter <= 0xfff)
          last = next
        }
      }),
    )
  })
})
