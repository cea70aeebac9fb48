import assert from 'node:assert/strict'
import { z } from 'zod'
import { dmCreate } from '../../../spec/calls/dm.create.ts'
import { friendRemove } from '../../../spec/calls/friend.remove.ts'
import { unblock } from '../../../spec/calls/unblock.ts'
import { who } from '../../../spec/calls/who.ts'
import { openCommunity, type Community } from '../talking/community.ts'
import { befriend, blockFor, listening, someone, type Someone } from './people.ts'

/** Threat 39: who sees the presence of Sam, by what they are to each other. */
describe('threat 39: presence', () => {
  let community: Community
  let sam: Someone
  let stranger: Someone
  let friend: Someone
  let member: Someone
  let blocked: Someone
  let blocker: Someone
  const viewers = (): readonly (readonly [Someone, boolean])[] => [
    [friend, true],
    [member, true],
    [stranger, false],
    [blocked, false],
    [blocker, false],
  ]

  /** An account on the node and in no server. */
  const outsider = async (name: string, version: 4 | 5): Promise<Someone> => {
    const made = await community.node.ask(z.looseObject({ password: z.string() }), 'user', 'add', name)
    return listening(name, await community.enter(name, { password: made.password, version }))
  }

  before(async () => {
    community = await openCommunity()
    sam = await someone(community, 'sam')
    member = await someone(community, 'member', 4)
    blocked = await someone(community, 'blocked', 4)
    blocker = await someone(community, 'blocker')
    stranger = await outsider('stranger', 5)
    friend = await outsider('friend', 4)
    await befriend(sam, friend)
    await befriend(sam, blocked)
    await befriend(sam, blocker)
    await blockFor(sam, blocked)
    await blockFor(blocker, sam)
  })
  after(() => community[Symbol.asyncDispose]())

  const lastOfSam = async (one: Someone): Promise<string> => {
    const seen = (await one.flushed()).findLast(({ topic }) => topic === 'u/sam/presence')
    return seen === undefined ? 'nothing' : (JSON.parse(seen.text) as { status: string }).status
  }

  for (const status of ['idle', 'online', 'dnd'] as const) {
    it(`FRIEND-9: ${status} is seen by friends and people of a shared server only`, async () => {
      await sam.client.publish('u/sam/presence', JSON.stringify({ status }))
      for (const [viewer, sees] of viewers()) {
        if (!sees) continue
        await viewer.client.waitFor(({ topic, text }) => topic === 'u/sam/presence' && text.includes(`"${status}"`))
      }
      for (const [viewer, sees] of viewers()) {
        const seen = await lastOfSam(viewer)
        assert.ok(sees ? seen === status : seen === 'offline' || seen === 'nothing', `${viewer.name} sees ${seen}`)
      }
    })
  }

  it('FRIEND-9: a new subscription shows the same: a block looks like somebody who is away', async () => {
    for (const [viewer, sees] of viewers()) {
      const from = (await viewer.flushed()).length
      const [code] = await viewer.client.subscribe('u/sam/presence')
      assert.equal(code! < 0x80, viewer !== stranger, viewer.name)
      const shown = (await viewer.flushed()).slice(from).some(({ topic }) => topic === 'u/sam/presence')
      assert.equal(shown, sees, viewer.name)
    }
  })

  it('FRIEND-9: a group makes nobody a friend: who tells of those whom one may see', async () => {
    await befriend(friend, stranger)
    const { channel } = await friend.call(dmCreate, { members: ['sam', 'stranger'] })
    for (const one of [sam, stranger]) await one.client.waitFor(({ text }) => text.includes(channel))
    const online = async (one: Someone): Promise<string[]> =>
      (await one.call(who, { channel })).online.map(({ address }) => address.split('@')[0]!)
    assert.deepEqual(await online(stranger), ['friend', 'stranger'])
    assert.deepEqual(await online(friend), ['friend', 'sam', 'stranger'])
  })

  it('invisible is offline to everybody', async () => {
    await sam.client.publish('u/sam/presence', '{"status":"invisible"}')
    await friend.client.waitFor(({ topic, text }) => topic === 'u/sam/presence' && text.includes('"offline"'))
    await member.client.waitFor(({ topic, text }) => topic === 'u/sam/presence' && text.includes('"offline"'))
    for (const [viewer] of viewers()) assert.ok(['offline', 'nothing'].includes(await lastOfSam(viewer)), viewer.name)
    await sam.client.publish('u/sam/presence', '{"status":"online"}')
    await friend.client.waitFor(({ text }) => text === lastText(friend) && text.includes('"online"'))
  })

  it('FRIEND-5: friends no more, they are told offline and nothing further', async () => {
    await sam.call(friendRemove, { address: 'friend' })
    assert.equal(await lastOfSam(friend), 'offline')
    const from = (await friend.flushed()).length
    await sam.client.publish('u/sam/presence', '{"status":"dnd"}')
    await member.client.waitFor(({ topic, text }) => topic === 'u/sam/presence' && text.includes('"dnd"'))
    assert.ok(!(await friend.flushed()).slice(from).some(({ topic }) => topic === 'u/sam/presence'))
  })

  it('unblocked, people of a shared server see each other again at once', async () => {
    await sam.call(unblock, { address: 'blocked' })
    await blocked.client.waitFor(({ topic, text }) => topic === 'u/sam/presence' && text.includes('"dnd"'))
    assert.equal(await lastOfSam(blocked), 'dnd')
  })
})

const lastText = (one: Someone): string | undefined =>
  one.client.received.findLast(({ topic }) => topic === 'u/sam/presence')?.text
