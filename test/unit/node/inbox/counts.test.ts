import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { readMentions } from '../../../../node/inbox/mentions.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import type { Log } from '../../../../node/log/log.ts'
import type { ChannelId } from '../../../../spec/ids.ts'
import { channelId, components, createKeys, memberId } from '../log/fixture.ts'
import { messageBody, names, openHouse, user, type House } from './fixture.ts'

const channels = [channelId(), channelId()]
const channel = fc.constantFrom(...channels)
const name = fc.constantFrom(...names)
const mentioned = fc.option(fc.constantFrom('alice', 'bob', 'everyone'), { nil: undefined })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('say' as const), name, channel, mentioned }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('away' as const), channel, mentioned }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('deliver' as const), from: fc.nat(20), count: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('mark' as const), name, channel, position: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('back' as const), name, channel, position: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('other' as const), name, channel }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redact' as const), position: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hide' as const), position: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'look' as const }) },
)

describe('unread and mention counts', () => {
  it('FEED-7: leave out what the channel does not keep any longer, also while they are in memory', async () => {
    const house = await openHouse({ channels })
    const [general] = channels as [ChannelId, ChannelId]
    const unread = async (): Promise<number> => (await house.inbox.rows(user('bob'), [general]))[0]?.unread ?? -1
    const old = await house.say('alice', general, 'old')
    house.clock.ms += 1_000
    const recent = await house.say('alice', general, 'new')
    await house.log.seal()
    assert.equal(await unread(), 2)
    await house.log.retain(general, { from: recent.id, because: recent.id })
    assert.equal(await unread(), 1)
    assert.ok(old.id < recent.id)
  })

  for (const [what, windowMax, keptMax] of [
    ['with room for all', 1_000, 100_000],
    ['with a window of 6 and room for 10', 6, 10],
  ] as const) {
    it(`INBOX-3: equal a count by hand under late, repeated and reordered events, markers, restarts; ${what}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), async (steps) => {
          const away = createKeys()
          const awayMember = memberId()
          const awayClock = { ms: 1_000_000 } // half an hour behind: what comes from there is always late
          const elsewhere = await createLog(components({ keys: away, clock: { now: () => awayClock.ms } }))
          let house = await openHouse({ channels, windowMax, keptMax })
          const markers = new Map<string, number>()
          for (const one of steps) {
            house.clock.ms += 10
            awayClock.ms += 7
            if (one.kind === 'say') {
              await house.say(one.name, one.channel, 'x', mentions(house, one.mentioned))
            } else if (one.kind === 'away') {
              const body = messageBody('y', mentions(house, one.mentioned))
              await elsewhere.append({ channel: one.channel, member: awayMember, auth: undefined, type: 'msg', body })
              await elsewhere.seal()
            } else if (one.kind === 'deliver') {
              for (const feed of elsewhere.sealedFeeds()) {
                const known = house.log.feeds().find((here) => here.feed === feed.feed)?.head ?? 0
                const from = Math.max(1, Math.min(known + 1, one.from)) // again, or what is next
                const slice = await elsewhere.slice(feed.feed, from, one.count + 1)
                if (slice !== undefined && slice.events.length > 0) {
                  await house.log.appendRemote({ ...slice, seal: slice.seal, publicKey: away.publicKey })
                }
              }
            } else if (one.kind === 'mark' || one.kind === 'back') {
              const key = `${one.name}/${one.channel}`
              const wanted = one.position % (house.log.position + 1)
              const isBack = one.kind === 'back'
              await house.inbox.mark(user(one.name), one.channel, { position: wanted, unread: isBack })
              markers.set(key, isBack ? wanted : Math.max(markers.get(key) ?? 0, wanted))
            } else if (one.kind === 'other') {
              const draft = { channel: one.channel, member: memberId(), auth: undefined }
              await house.log.append({ ...draft, type: 'react', body: messageBody('z') })
            } else if (one.kind === 'redact' || one.kind === 'hide') {
              const entry = (await house.log.since(undefined, one.position % (house.log.position + 1), 1)).entries[0]
              if (entry !== undefined && one.kind === 'redact') {
                await house.log.redact(entry.id, entry.id)
              } else if (entry !== undefined) {
                house.hidden.add(entry.id)
                house.inbox.judgeAgain()
              }
            } else if (one.kind === 'restart') {
              const { hidden } = house
              house = await house.restart()
              for (const id of hidden) house.hidden.add(id)
              house.inbox.judgeAgain()
            } else await compare(house, markers, windowMax)
          }
          await compare(house, markers, windowMax)
        }),
        { numRuns: 40 },
      )
    })
  }
})

const mentions = (house: House, who: string | undefined) =>
  who === undefined ? [] : who === 'everyone' ? (['everyone'] as const) : [house.mention(who)]

const compare = async (house: House, markers: ReadonlyMap<string, number>, windowMax: number): Promise<void> => {
  for (const who of names) {
    const rows = await house.inbox.rows(user(who), channels)
    assert.equal(rows.length, channels.length)
    for (const { channel: at, unread, mentions: mentioning, more, position } of rows) {
      const marker = markers.get(`${who}/${at}`) ?? 0
      assert.equal(position, marker)
      const byHand = await count(house.log, house, who, at, marker)
      if (more) {
        assert.ok(byHand.arrived > windowMax, `${who}: "more" with ${byHand.arrived} arrivals`)
        assert.ok(unread <= byHand.unread && mentioning <= byHand.mentions)
        const least = await count(house.log, house, who, at, byHand.windowFrom(windowMax))
        assert.ok(unread >= least.unread && mentioning >= least.mentions)
      } else assert.deepEqual([unread, mentioning], [byHand.unread, byHand.mentions], `${who} in ${at}`)
    }
  }
}

/** By reading everything. */
const count = async (log: Log, house: House, who: string, at: ChannelId, after: number) => {
  const { entries } = await log.since(new Set([at]), after, 10_000)
  const me = house.members.get(user(who))
  const said = entries.filter(({ type, body, member, id }) => {
    return type === 'msg' && body !== undefined && member !== me && !house.hidden.has(id)
  })
  const mine = said.filter((entry) => {
    const named = readMentions(entry, () => true) ?? []
    return named.includes(house.mention(who)) || named.includes('everyone')
  })
  return {
    unread: said.length,
    mentions: mine.length,
    arrived: entries.length,
    windowFrom: (window: number) => (entries.at(-window)?.position ?? 1) - 1,
  }
}
