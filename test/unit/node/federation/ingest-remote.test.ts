import assert from 'node:assert/strict'
import { writeAct } from '../../../../spec/governance/acts.ts'
import { encodeMessage } from '../../../../spec/message.ts'
import type { ChannelId, EventId, MemberId, UserName } from '../../../../spec/ids.ts'
import { join, newMember, openSite, shareServer, type Site } from './fixture.ts'

const owner = { kind: 'user', user: 'owner' as UserName } as const

/** A message that the node of `site` writes as it likes. */
const forge = (site: Site, channel: ChannelId, { member, auth }: { member: MemberId; auth: EventId | undefined }) =>
  site.log.append({
    channel,
    member,
    auth,
    type: 'msg',
    body: encodeMessage({ clientMessageId: undefined, text: 'send money', replyTo: undefined, thread: undefined }),
  })

const grantOf = (site: Site, user: string, channel: ChannelId): EventId => {
  const authorised = site.servers.authorise(user as UserName, channel, 'send', 0)
  assert.ok(authorised.ok)
  return authorised.auth
}

const shown = async (site: Site, channel: ChannelId): Promise<number> =>
  (await site.log.page(channel, {}, 100)).filter((entry) => site.servers.covers(entry)).length

describe('what members of other nodes say', () => {
  it('comes in under a grant to its author', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    const { general } = await shareServer(home, away)
    await away.say('bob', general)
    await home.say('owner', general)
    assert.deepEqual(await home.take(away), [])
    assert.deepEqual(await away.take(home), [])
    for (const site of [home, away]) assert.equal(await shown(site, general), 2)
    const [first] = await home.log.page(general, {}, 1)
    assert.ok(first)
    assert.equal(home.servers.authorOf(first.node, first.member).address.includes('@'), true)
  })

  it('threat 17: an author of another node, or another member under their grant: not stored', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    const { server, general } = await shareServer(home, away)
    const victim = home.servers.memberOf('owner' as UserName, server)!.member
    for (const attempt of [
      { member: victim, auth: grantOf(home, 'owner', general) },
      { member: newMember(), auth: grantOf(away, 'bob', general) },
      { member: away.servers.formerMember('bob' as UserName, server)!, auth: undefined },
    ]) {
      await using liar = await openSite('liar')
      await join(home, liar, { server, user: 'eve' })
      const before = home.log.position
      await forge(liar, general, attempt)
      const refused = await home.take(liar)
      assert.deepEqual(
        refused.map(({ code }) => code),
        ['EVENT_INVALID'],
      )
      assert.equal(home.log.position, before)
    }
  })

  it('waits for its grant, and comes in once that is here', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    await using third = await openSite('third')
    const { server, general } = await shareServer(home, away)
    await join(home, third, { server, user: 'erin' })
    await third.say('erin', general)
    assert.deepEqual(
      (await away.take(third, (channel) => channel === general)).map(({ code }) => code),
      ['NOT_FOUND'],
    )
    assert.deepEqual(await away.take(home), [])
    assert.deepEqual(await away.take(third), [])
    assert.equal(await shown(away, general), 1)
  })

  it('threat 19: beyond a cut it is kept and hidden, whatever time it bears', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    const { server, general } = await shareServer(home, away)
    await away.say('bob', general, 'before')
    await home.take(away)
    await home.servers.kick(owner, server, 'bob@away.example')
    await forge(away, general, {
      member: away.servers.formerMember('bob' as UserName, server)!,
      auth: grantOf(away, 'bob', general),
    })
    assert.deepEqual(await home.take(away), [])
    assert.equal((await home.log.page(general, {}, 10)).length, 2)
    assert.equal(await shown(home, general), 1)
  })

  it('a grant that a node wrote without the right to it is worth nothing', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    const { server, general } = await shareServer(home, away)
    const governance = away.servers.server(server)!.governance
    const bob = away.servers.formerMember('bob' as UserName, server)!
    const crony = newMember()
    const { entry } = await away.log.append({
      channel: governance,
      member: bob,
      auth: grantOf(away, 'bob', general),
      type: 'grant',
      body: writeAct({ type: 'grant', to: `${away.nodeId}/${crony}` as never, rank: 10, roles: [] }),
    })
    await forge(away, general, { member: crony, auth: entry.id })
    assert.deepEqual(await home.take(away), [])
    assert.equal(await shown(home, general), 0)
    assert.equal(home.servers.members(server).length, 2)
  })
})
