import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { addressLane } from '../../../../node/accounts/address.ts'
import { createFailureLimit } from '../../../../node/accounts/failure-limit.ts'
import { createFairQueue } from '../../../../node/accounts/fair-queue.ts'
import { createRateLimiter } from '../../../../node/accounts/rate-limit.ts'
import { createTestClock } from './fixture.ts'

describe('rate limiter (ACC-50)', () => {
  it('lets a burst through, then the average, and says how long to wait', () => {
    const clock = createTestClock()
    const limiter = createRateLimiter(clock, { perSecond: 10, burst: 3 })
    assert.deepEqual(
      [1, 2, 3, 4].map(() => limiter.take('a')),
      [0, 0, 0, 100],
    )
    assert.equal(limiter.take('b'), 0)
    clock.advance(99)
    assert.equal(limiter.take('a'), 1)
    clock.advance(1)
    assert.deepEqual([limiter.take('a'), limiter.take('a')], [0, 100])
  })

  it('never lets more through than burst and rate allow', () => {
    const steps = fc.array(fc.nat(200), { maxLength: 300 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 50 }),
        steps,
        (perSecond, burst, waits) => {
          const clock = createTestClock()
          const limiter = createRateLimiter(clock, { perSecond, burst })
          const start = clock.now()
          let passed = 0
          for (const ms of waits) {
            clock.advance(ms)
            if (limiter.take('a') === 0) passed += 1
            assert.ok(passed <= burst + ((clock.now() - start) * perSecond) / 1000 + 1e-6)
          }
        },
      ),
    )
  })

  it('is off with 0, bounded, and a clock that is set back gives nothing away', () => {
    const clock = createTestClock()
    const off = createRateLimiter(clock, { perSecond: 0 })
    for (let i = 0; i < 1_000; i++) assert.equal(off.take('a'), 0)

    const bounded = createRateLimiter(clock, { perSecond: 1, burst: 1, keysMax: 2 })
    assert.deepEqual(
      ['a', 'b', 'c', 'b', 'a'].map((key) => bounded.take(key) === 0),
      [true, true, true, false, true],
    )

    const limiter = createRateLimiter(clock, { perSecond: 1, burst: 1 })
    limiter.take('a')
    clock.advance(-10_000)
    assert.equal(limiter.take('a'), 1_000)
    clock.advance(1_000)
    assert.equal(limiter.take('a'), 0)
    limiter.forget('a')
    assert.equal(limiter.take('a'), 0)
  })
})

describe('failure limit (ACC-15)', () => {
  const init = { failuresMax: 3, windowMs: 1_000, waitMsMax: 4_000 }

  it('doubles the wait up to the longest and forgets after twice that', () => {
    const clock = createTestClock()
    const limit = createFailureLimit(clock, init)
    const waits = Array.from({ length: 7 }, () => {
      limit.failed('a')
      const waitMs = limit.waitMs('a')
      clock.advance(waitMs)
      assert.equal(limit.waitMs('a'), 0)
      return waitMs
    })
    assert.deepEqual(waits, [0, 0, 1_000, 2_000, 4_000, 4_000, 4_000])
    clock.advance(4_000)
    limit.failed('a')
    assert.equal(limit.waitMs('a'), 0)
  })

  it('forgives, keeps keys apart, and forgets the oldest', () => {
    const limit = createFailureLimit(createTestClock(), { ...init, failuresMax: 1, keysMax: 2 })
    for (const key of ['a', 'b', 'a', 'c']) limit.failed(key)
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => limit.waitMs(key)),
      [2_000, 0, 1_000],
    )
    limit.forgive('a')
    assert.equal(limit.waitMs('a'), 0)
  })

  it('a clock that is set back makes nobody wait longer', () => {
    const clock = createTestClock()
    const limit = createFailureLimit(clock, { ...init, failuresMax: 1 })
    limit.failed('a')
    clock.advance(-86_400_000)
    assert.equal(limit.waitMs('a'), 1_000)
    clock.advance(1_000)
    assert.equal(limit.waitMs('a'), 0)
  })
})

describe('fair queue (ACC-17)', () => {
  it('runs every job once, at most so many at a time, one of a lane, in the order of the lane', async () => {
    const job = fc.record({
      lane: fc.constantFrom('a', 'b', 'c', 'd'),
      first: fc.boolean(),
      fails: fc.boolean(),
      turns: fc.nat(5),
    })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(job, { maxLength: 60 }), async (atATime, jobs) => {
        const queue = createFairQueue({ atATime, waitingPerLaneMax: 100, waitingMax: 100 })
        const running = new Set<string>()
        const ran: number[] = []
        const outcomes = await Promise.allSettled(
          jobs.map(({ lane, first, fails, turns }, i) =>
            queue.run(lane, { first }, async () => {
              assert.ok(!running.has(lane))
              running.add(lane)
              assert.ok(running.size <= atATime)
              ran.push(i)
              for (let turn = 0; turn < turns; turn++) await Promise.resolve()
              running.delete(lane)
              if (fails) throw new Error('as told')
            }),
          ),
        )
        assert.deepEqual(
          outcomes.map(({ status }) => status === 'rejected'),
          jobs.map(({ fails }) => fails),
        )
        assert.equal(new Set(ran).size, jobs.length)
        for (const lane of ['a', 'b', 'c', 'd']) {
          const order = ran.filter((i) => jobs[i]?.lane === lane && !jobs[i]?.first)
          assert.deepEqual(
            order,
            order.toSorted((x, y) => x - y),
          )
        }
      }),
    )
  })

  it('lanes take turns, and those marked go first', async () => {
    const queue = createFairQueue({ atATime: 1, waitingPerLaneMax: 10, waitingMax: 10 })
    const order: string[] = []
    const add = (lane: string, first = false) => queue.run(lane, { first }, async () => void order.push(lane))
    await Promise.all([add('x'), add('a'), add('a'), add('a'), add('b'), add('c'), add('k', true)])
    assert.deepEqual(order, ['x', 'k', 'a', 'b', 'c', 'a', 'a'])
  })

  it('refuses by name past its bounds, and takes more once there is room', async () => {
    const queue = createFairQueue({ atATime: 1, waitingPerLaneMax: 2, waitingMax: 3 })
    const run = (lane: string) => queue.run(lane, { first: false }, () => Promise.resolve())
    const jobs = [run('a'), run('a'), run('a'), run('a'), run('b'), run('c')]
    const outcomes = await Promise.allSettled(jobs)
    assert.deepEqual(
      outcomes.map(({ status }) => status === 'fulfilled'),
      [true, true, true, false, true, false],
    )
    await assert.rejects(Promise.all(Array.from({ length: 9 }, () => run('a'))), { code: 'LOGIN_TOO_OFTEN' })
    await run('a')
  })
})

describe('address (ACC-16)', () => {
  it('is an IPv4 address or the /64 of an IPv6 address', () => {
    const lanes = [
      ['192.0.2.1', '192.0.2.1'],
      ['::ffff:192.0.2.1', '192.0.2.1'],
      ['::FFFF:192.0.2.1', '192.0.2.1'],
      ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
      ['2001:0DB8:0001:0002::6', '2001:db8:1:2'],
      ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
      ['2001:db8::', '2001:db8:0:0'],
      ['::1', '0:0:0:0'],
      ['fe80::1%eth0', 'fe80:0:0:0'],
      ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ] as const
    for (const [address, lane] of lanes) assert.equal(addressLane(address), lane, address)
  })
})
