import assert from 'node:assert/strict'
import { createAwayProfiles } from '../../../../node/profiles/away.ts'
import { HearthError, type ErrorCode } from '../../../../spec/errors.ts'
import type { NodeId, UserName } from '../../../../spec/ids.ts'
import { limits } from '../../../../spec/limits.ts'
import { profileShowNodeCall, type ProfileAnswer } from '../../../../spec/node-calls/profile.show.ts'
import { personOf, type Person } from '../../../../spec/person.ts'

const elm = 'e'.repeat(52) as NodeId
const bob = personOf('bob' as UserName, elm)
const tag = (n: number): Uint8Array => new Uint8Array(8).fill(n)

describe('profiles of people of other nodes', () => {
  const setUp = () => {
    let now = 1_000
    const asked: { readonly user: string; readonly tag: number | undefined }[] = []
    const answers = new Map<string, ProfileAnswer | ErrorCode>()
    const held: (() => void)[] = []
    let isSlow = false
    const profiles = createAwayProfiles({
      clock: { now: () => now },
      ask: async (_node, { user, tag: has }) => {
        asked.push({ user, tag: has?.[0] })
        if (isSlow) await new Promise<void>((resolve) => held.push(resolve))
        const answer = answers.get(user) ?? 'NODE_DOWN'
        if (typeof answer === 'string') throw new HearthError(answer)
        return answer
      },
    })
    return {
      profiles,
      asked,
      answers,
      held,
      slow: (slow: boolean) => void (isSlow = slow),
      pass: (ms: number) => void (now += ms),
    }
  }

  it('PROF-15, NCALL-12: asked for once, then kept for an hour; what has not changed does not come again', async () => {
    const { profiles, asked, answers, pass } = setUp()
    answers.set('bob', { tag: tag(1), name: 'Bob', about: 'a tree' })
    assert.deepEqual(await profiles.get(bob), { name: 'Bob', about: 'a tree' })
    pass(limits.profileFreshMs - 1)
    await profiles.get(bob)
    assert.equal(asked.length, 1)
    pass(2)
    answers.set('bob', { tag: tag(1), same: true })
    assert.deepEqual(await profiles.get(bob), { name: 'Bob', about: 'a tree' })
    assert.deepEqual(asked.at(-1), { user: 'bob', tag: 1 })
    await profiles.get(bob)
    assert.equal(asked.length, 2)
  })

  it('PROF-15: another tag, and it is asked for when somebody looks; the same tag changes nothing', async () => {
    const { profiles, asked, answers } = setUp()
    answers.set('bob', { tag: tag(1), name: 'Bob' })
    await profiles.get(bob)
    profiles.tagged(bob, tag(1))
    await profiles.get(bob)
    assert.equal(asked.length, 1)
    answers.set('bob', { tag: tag(2), name: 'Robert' })
    profiles.tagged(bob, tag(2))
    assert.equal(asked.length, 1)
    assert.deepEqual(await profiles.get(bob), { name: 'Robert' })
    profiles.tagged(bob, undefined)
    answers.set('bob', 'NOT_FOUND')
    assert.equal(await profiles.get(bob), undefined)
    assert.equal(asked.length, 3)
    await profiles.get(bob)
    assert.equal(asked.length, 3)
  })

  it('PROF-15: what changes while it is asked for is asked for again', async () => {
    const { profiles, asked, answers, held, slow } = setUp()
    answers.set('bob', { tag: tag(1), name: 'Bob' })
    slow(true)
    const look = profiles.get(bob)
    await new Promise((resolve) => setImmediate(resolve))
    profiles.tagged(bob, tag(2))
    held.shift()?.()
    await look
    slow(false)
    await profiles.get(bob)
    assert.equal(asked.length, 2)
  })

  it('PROF-15: from a node that is away one gets what is kept', async () => {
    const { profiles, answers, pass } = setUp()
    assert.equal(await profiles.get(bob), undefined)
    answers.set('bob', { tag: tag(1), name: 'Bob' })
    assert.deepEqual(await profiles.get(bob), { name: 'Bob' })
    for (const error of ['NODE_DOWN', 'NO_ANSWER', 'FRAME_INVALID', 'RATE_LIMITED'] as const) {
      pass(limits.profileFreshMs)
      answers.set('bob', error)
      assert.deepEqual(await profiles.get(bob), { name: 'Bob' }, error)
    }
  })

  it('PROF-15: two at a time of a node, so many wait, for everybody who looks at one person once', async () => {
    const { profiles, asked, answers, held, slow } = setUp()
    slow(true)
    const crowd = Array.from({ length: 100 }, (_, i) => personOf(`u${i}` as UserName, elm))
    for (const person of crowd) answers.set(person.slice(0, -53), { tag: tag(1), name: person.slice(0, -53) })
    const looks = [...crowd, ...crowd].map((person) => profiles.get(person))
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    await turn()
    assert.equal(asked.length, limits.profileFetchesMax)
    let most = 0
    while (asked.length < limits.profileFetchesMax + limits.profileFetchesWaitingMax || held.length > 0) {
      most = Math.max(most, held.length)
      held.shift()?.()
      await turn()
    }
    assert.equal(most, limits.profileFetchesMax)
    const found = (await Promise.all(looks)).filter((profile) => profile !== undefined)
    assert.equal(asked.length, limits.profileFetchesMax + limits.profileFetchesWaitingMax)
    assert.equal(found.length, 2 * asked.length)
  })

  it('PROF-15: of so many the one that nobody looked at for longest goes', async () => {
    const { profiles, asked, answers } = setUp()
    const people: Person[] = Array.from({ length: limits.profilesAwayMax }, (_, i) =>
      personOf(`u${i}` as UserName, elm),
    )
    for (const person of [...people, bob]) answers.set(person.slice(0, -53), { name: 'x' })
    for (const person of people) await profiles.get(person)
    await profiles.get(people[0]!)
    await profiles.get(bob)
    const before = asked.length
    await profiles.get(people[0]!)
    assert.equal(asked.length, before)
    await profiles.get(people[1]!)
    assert.equal(asked.length, before + 1)
  })

  it('NCALL-12: an answer is bounded as profiles are', () => {
    const { output } = profileShowNodeCall
    const tiny = Buffer.alloc(57)
    tiny.write('\u0089PNG\r\n\u001a\n\0\0\0\rIHDR', 'latin1')
    tiny.writeUInt32BE(8, 16)
    tiny.writeUInt32BE(8, 20)
    tiny.write('IEND', 49, 'latin1')
    const whole = { tag: tag(1), name: 'Bob', about: 'a\nb', pronouns: 'they', avatar: Uint8Array.from(tiny) }
    assert.deepEqual(output.parse({ ...whole, later: 1 }), whole)
    const odd: object[] = [
      { name: '' },
      { name: 'x'.repeat(81) },
      { name: 'a\u202eb' },
      { about: 'x'.repeat(501) },
      { pronouns: 'x'.repeat(41) },
      { avatar: new Uint8Array(100) },
      { avatar: new Uint8Array(limits.avatarBytesMax + 1) },
      { avatar: 'text' },
      { tag: new Uint8Array(9) },
    ]
    for (const one of odd) assert.equal(output.safeParse(one).success, false, Object.keys(one)[0])
  })
})
