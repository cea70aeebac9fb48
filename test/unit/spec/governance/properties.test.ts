import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { GovernanceEvent } from '../../../../spec/governance/acts.ts'
import { createGovernance } from '../../../../spec/governance/governance.ts'
import { limits } from '../../../../spec/limits.ts'
import { founders, histories, people, pick, shuffled, withoutRoots } from './arbitrary.ts'
import { answers } from './history.ts'
import { resolveSlowly } from './oracle.ts'

describe('governance as a function of the set of events', () => {
  /** Walks and events. */
  const inAnyOrder = (from: typeof histories): readonly [walks: number, steps: number] => {
    let walks = 0
    let steps = 0
    fc.assert(
      fc.property(
        from,
        fc.array(fc.array(fc.nat(), { minLength: 61, maxLength: 61 }), { minLength: 3, maxLength: 3 }),
        (history, orders) => {
          const expected = answers(history.state(), history.events)
          for (const order of orders) {
            const events = shuffled(history.events, order)
            const governance = createGovernance(history.origin)
            for (const event of events) governance.apply([event])
            assert.equal(governance.apply(events), false)
            assert.deepEqual(answers(governance, history.events), expected)
            walks += governance.walks
            steps += events.length
          }
        },
      ),
      { numRuns: 300 },
    )
    return [walks, steps]
  }

  it('GOV-10: any order and repetition, at once or one by one, gives the same state', () => {
    const [walks, steps] = inAnyOrder(withoutRoots)
    assert.ok(walks < steps / 2, `${walks} walks for ${steps} events: the short way is not taken`)
  })

  it('GOV-34: so it does where the root passes on, by holders and by guardians at the same time', () => {
    inAnyOrder(histories)
    const seen = fc.sample(histories, 2_000).map((history) => history.state())
    const isAbout = (text: string, found: number): void => assert.ok(found > 10, `${found} of 2,000 histories: ${text}`)
    isAbout('two roots and more', seen.filter(({ root }) => root.epoch > 1).length)
    isAbout('a proposal that waits', seen.filter(({ proposals }) => proposals.length > 0).length)
    isAbout(
      'the founders are out',
      seen.filter(({ root }) => !founders.some((one) => root.holders.includes(one))).length,
    )
  })

  it('GOV-9: an event is valid exactly when the plain reading of the rules says so', () => {
    let valid = 0
    let all = 0
    fc.assert(
      fc.property(histories, (history) => {
        const governance = history.state()
        const oracle = resolveSlowly(history.origin, history.events)
        const ids = [...new Set(history.events.map(({ id }) => id))].sort()
        assert.deepEqual(
          ids.filter((id) => governance.isValid(id)),
          oracle.valid,
        )
        assert.deepEqual(
          governance.registers('').map(([key, { id }]) => `${key} ${id}`),
          oracle.registers,
        )
        valid += oracle.valid.length
        all += ids.length
      }),
      { numRuns: 400 },
    )
    assert.ok(valid > all / 10 && valid < all, `${valid} of ${all} valid: the histories show little`)
  })

  it('GOV-8: nothing that somebody does reaches the grants of their own rank or above', () => {
    fc.assert(
      fc.property(withoutRoots, fc.integer({ min: 2, max: people.length - 1 }), (history, at) => {
        const { author } = pick(people, at)
        const others = people.filter((other) => other.author !== author)
        const ranks = history.events.flatMap(({ act }) => (act.type === 'grant' && act.to === author ? [act.rank] : []))
        const top = Math.min(...ranks, limits.rankMax)
        const grantsFrom = (events: readonly GovernanceEvent[]): unknown =>
          others.map((other) => {
            const grants = history.state(events).liveGrants(other.author)
            return grants
              .filter(({ rank }) => rank <= top)
              .map(({ id }) => id)
              .sort()
          })
        assert.deepEqual(
          grantsFrom(history.events),
          grantsFrom(history.events.filter((event) => event.author !== author)),
        )
      }),
      { numRuns: 300 },
    )
  })
})
