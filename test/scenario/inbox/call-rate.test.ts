import assert from 'node:assert/strict'
import { limits } from '../../../spec/limits.ts'
import type { TestClient } from '../../support/mqtt-client.ts'
import { openCommunity, type Community } from '../talking/community.ts'

describe('too many calls', () => {
  let community: Community
  before(async () => {
    community = await openCommunity({ flags: [] })
  })
  after(() => community[Symbol.asyncDispose]())

  /** So many calls at once, and their answers. */
  const flood = async (client: TestClient, user: string, count: number): Promise<unknown[]> => {
    const before = client.received.length
    const published = Array.from({ length: count }, (_, at) =>
      client.publish(`u/${user}/call/account.show`, JSON.stringify({ id: `${at}` })),
    )
    await Promise.all(published)
    await client.waitFor(({ text }) => text.includes(`"id":"${count - 1}"`))
    const replies = client.received.slice(before).filter(({ topic }) => topic === `u/${user}/reply`)
    return replies.map(({ text }) => (JSON.parse(text) as { error?: { code: string } }).error?.code ?? 'result')
  }

  for (const version of [4, 5] as const) {
    it(`CALL-6: are RATE_LIMITED past the burst, of one user and not of others, over MQTT ${version === 5 ? '5' : '3.1.1'}`, async () => {
      const [user, other] = version === 5 ? (['alice', 'carol'] as const) : (['bob', 'dave'] as const)
      const greedy = await community.join(user, { version })
      const modest = await community.join(other, { version })
      await greedy.subscribe(`u/${user}/reply`)
      await modest.subscribe(`u/${other}/reply`)
      const answers = await flood(greedy, user, limits.callsBurst + limits.callsPerSecond * 30)
      assert.ok(answers.filter((one) => one === 'result').length >= limits.callsBurst)
      assert.deepEqual(new Set(answers), new Set(['result', 'RATE_LIMITED']))
      assert.deepEqual(await flood(modest, other, 1), ['result'])
    })
  }
})
