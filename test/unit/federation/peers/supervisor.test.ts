import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { createSupervisor, type Supervisor, type SupervisorInit } from '../../../../federation/peers/supervisor.ts'
import type { NodeId } from '../../../../spec/ids.ts'
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts'

const node = 'anna' as NodeId

interface Dial {
  readonly address: string
  readonly atMs: number
}

const make = (
  options: {
    random?: () => number
    init?: SupervisorInit
    addresses?: string[]
    answer?: (dial: Dial) => Promise<void>
  } = {},
): { supervisor: Supervisor; time: VirtualTime; dials: Dial[]; addresses: string[] } => {
  const time = createVirtualTime()
  const dials: Dial[] = []
  const addresses = options.addresses ?? ['/a']
  const supervisor = createSupervisor(
    {
      timers: time.timers,
      random: options.random ?? (() => 0.5),
      addressesOf: () => [...addresses],
      async connect(_, address) {
        const dial = { address, atMs: time.clock.monotonicMs() }
        dials.push(dial)
        await (options.answer?.(dial) ?? Promise.reject(new Error('nobody there')))
      },
    },
    { retryMs: 500, retryMaxMs: 60_000, ...options.init },
  )
  return { supervisor, time, dials, addresses }
}

const gaps = (dials: readonly Dial[]): number[] => dials.slice(1).map(({ atMs }, i) => atMs - (dials[i]?.atMs ?? 0))

describe('federation/peers/supervisor', () => {
  // LINK-16
  it('dials for ever, with pauses that double up to a minute', async () => {
    const { supervisor, time, dials } = make()
    supervisor.want(node)
    await time.pass(24 * 3_600_000)
    assert.deepEqual(gaps(dials).slice(0, 9), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    assert.ok(dials.length > 1_400)
  })

  // LINK-16
  it('spreads each pause from half to one and a half', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 12, maxLength: 12 }),
        async (chances) => {
          let next = 0
          const { supervisor, time, dials } = make({ random: () => chances[next++ % chances.length] ?? 0 })
          supervisor.want(node)
          await time.pass(600_000)
          for (const [i, gap] of gaps(dials).entries()) {
            const pause = Math.min(60_000, 500 * 2 ** i)
            assert.ok(gap >= pause / 2 && gap <= pause * 1.5, `${gap} ms for ${pause}`)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  // LINK-16
  it('tries the addresses in order, until one answers', async () => {
    const { supervisor, time, dials } = make({
      addresses: ['/a', '/b', '/c'],
      answer: async ({ address }) => {
        if (address !== '/b') throw new Error('nobody there')
        supervisor.connected(node)
      },
    })
    supervisor.want(node)
    await time.pass(3_600_000)
    assert.deepEqual(
      dials.map(({ address }) => address),
      ['/a', '/b'],
    )
  })

  // LINK-16
  it('a hint means at once and from the beginning, also while it dials', async () => {
    let answer: (() => void) | undefined
    const { supervisor, time, dials, addresses } = make({
      answer: () =>
        new Promise((_, reject) => {
          answer = () => reject(new Error('nobody there'))
        }),
    })
    supervisor.want(node)
    await time.pass(0)
    addresses.unshift('/new')
    supervisor.hint(node)
    answer?.()
    await time.pass(0)
    assert.equal(dials.at(-1)?.address, '/new')
    answer?.()
    await time.pass(0)
    answer?.()
    await time.pass(100)
    const before = dials.length
    supervisor.hint(node)
    await time.pass(0)
    assert.equal(dials.length, before + 1)
  })

  // LINK-16
  it('after a loss it dials soon; after losses in a row later and later, after a stable connection soon again', async () => {
    const { supervisor, time, dials } = make({
      answer: async () => supervisor.connected(node),
    })
    supervisor.want(node)
    await time.pass(0)
    for (let i = 0; i < 6; i++) {
      supervisor.lost(node)
      await time.pass(60_000 / 2 ** (6 - i))
    }
    const flapping = gaps(dials)
    assert.ok((flapping.at(-1) ?? 0) > 4_000, String(flapping))
    await time.pass(20_000)
    const lostAtMs = time.clock.monotonicMs()
    supervisor.lost(node)
    await time.pass(60_000)
    assert.ok((dials.at(-1)?.atMs ?? 0) - lostAtMs <= 500)
  })

  it('keeps a pause that it is told, and stops when nobody wants the peer', async () => {
    const { supervisor, time, dials } = make()
    supervisor.want(node)
    await time.pass(0)
    supervisor.lost(node, 120_000)
    await time.pass(119_000)
    assert.equal(dials.length, 1)
    await time.pass(2_000)
    assert.equal(dials.length, 2)
    supervisor.unwant(node)
    await time.pass(3_600_000)
    assert.equal(dials.length, 2)
    assert.equal(supervisor.isWanted(node), false)
  })
})
