import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  createBudget,
  defaultBudget,
  type BudgetInit,
  type MeteredBudget,
} from '../../../../federation/peers/budget.ts'
import { meterStream, type Traffic } from '../../../../federation/peers/metered-stream.ts'
import { createTokenBucket } from '../../../../federation/peers/token-bucket.ts'
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts'

const make = (init: Partial<BudgetInit> = {}): { budget: MeteredBudget; time: VirtualTime; reasons: string[] } => {
  const time = createVirtualTime()
  const reasons: string[] = []
  const budget = createBudget(
    { timers: time.timers, monotonicMs: time.clock.monotonicMs, cutOff: (reason) => reasons.push(reason) },
    { ...defaultBudget, bytes: { perSecond: 1_000, burst: 5_000 }, events: { perSecond: 10, burst: 100 }, ...init },
  )
  return { budget, time, reasons }
}

/** Is the promise settled now? */
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const open = {}
  return (await Promise.race([promise, Promise.resolve(open)])) !== open
}

describe('federation/peers/budget', () => {
  it('a token bucket never lets through more than burst and rate', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.nat(500), take: fc.integer({ min: 1, max: 3_000 }) }), { maxLength: 100 }),
        (steps) => {
          let now = 0
          const bucket = createTokenBucket({ perSecond: 1_000, burst: 5_000 }, () => now)
          let taken = 0
          for (const { wait, take } of steps) {
            now += wait
            if (bucket.debtMs() > 0) continue
            bucket.take(take)
            taken += take
            assert.ok(taken <= 5_000 + now + take, `${taken} by ${now} ms`)
          }
          now += bucket.debtMs()
          assert.equal(bucket.debtMs(), 0)
        },
      ),
    )
  })

  // LINK-14
  it('within the burst nobody waits; past it reading waits for just as long as the debt lasts', async () => {
    const { budget, time, reasons } = make()
    budget.spendBytes(5_000)
    await budget.ready()
    assert.equal(budget.throttled(), undefined)
    budget.spendBytes(2_500)
    const ready = budget.ready()
    assert.equal(budget.throttled(), 'more bytes than its budget')
    await time.pass(2_499)
    assert.equal(await isSettled(ready), false)
    await time.pass(2)
    await ready
    assert.equal(budget.throttled(), undefined)
    budget.spendEvents(200)
    const events = budget.ready()
    assert.equal(budget.throttled(), 'more events than its budget')
    await time.pass(10_000)
    await events
    assert.deepEqual(reasons, [])
  })

  // LINK-14
  it('who stays over the rate without a pause is cut off, who pauses is not', async () => {
    const { budget, time, reasons } = make({ throttledMaxMs: 60_000 })
    const flood = async (): Promise<void> => {
      budget.spendBytes(2_000)
      await budget.ready()
    }
    for (let i = 0; i < 20; i++) {
      const done = flood()
      await time.pass(2_000)
      await done
    }
    await time.pass(5_000)
    await budget.ready()
    for (let i = 0; i < 20; i++) {
      const done = flood()
      await time.pass(2_000)
      await done
    }
    assert.deepEqual(reasons, [])
    budget.spendBytes(70_000)
    const refused = assert.rejects(budget.ready(), { code: 'PEER_REFUSED' })
    await time.pass(70_000)
    await refused
    assert.deepEqual(reasons, ['over its budget for 1 minutes'])
    await assert.rejects(budget.ready(), { code: 'PEER_REFUSED' })
  })

  // LINK-14
  it('points drain, one a second; at a hundred the peer is cut off, once', async () => {
    const { budget, time, reasons } = make()
    budget.fault(60, 'first')
    await time.pass(60_000)
    budget.fault(99, 'second')
    assert.deepEqual(reasons, [])
    budget.fault(2, 'third')
    budget.fault(100, 'fourth')
    assert.deepEqual(reasons, ['third'])
    const other = make()
    other.budget.fault(100, 'at once')
    assert.deepEqual(other.reasons, ['at once'])
  })

  // LINK-14
  it('threat 23: open requests and memory are bounded, and asking on and on cuts off', () => {
    const { budget, reasons } = make({ requestsMax: 2, heldBytesMax: 1_000 })
    const ends = [budget.openRequest(), budget.openRequest()]
    assert.equal(budget.openRequest(), undefined)
    ends[0]?.()
    ends[0]?.()
    assert.notEqual(budget.openRequest(), undefined)
    assert.equal(budget.openRequest(), undefined)
    const release = budget.hold(900)
    assert.equal(budget.hold(101), undefined)
    release?.()
    assert.notEqual(budget.hold(1_000), undefined)
    for (let i = 0; i < 20; i++) budget.openRequest()
    assert.deepEqual(reasons, ['more than 2 requests open'])
  })

  // LINK-14
  it('threat 25: many tiny frames are paid for like large ones', async () => {
    const { budget, time } = make({ bytes: { perSecond: 64_000, burst: 64_000 } })
    const traffic: Traffic = { bytesIn: 0, bytesOut: 0, heardMs: 0 }
    let reads = 0
    const tiny = Array.from({ length: 500 }, () => Uint8Array.of(0))
    const stream = meterStream(
      {
        read: async () => {
          reads++
          return tiny
        },
        write: async () => undefined,
        close: async () => undefined,
        abort: () => undefined,
      },
      { budget, traffic, monotonicMs: time.clock.monotonicMs },
    )
    const flood = (async () => {
      while (reads < 700) await stream.read()
    })()
    await time.pass(0)
    assert.ok(reads <= 3, `${reads} batches of 500 frames at once`)
    await time.pass(10_000)
    assert.ok(reads <= 25, `${reads} batches of 500 frames in ten seconds`)
    assert.equal(traffic.bytesIn, reads * 500)
    budget.end()
    await time.pass(1_000)
    await assert.rejects(flood, { code: 'PEER_REFUSED' })
  })
})
