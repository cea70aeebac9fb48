import assert from 'node:assert/strict'
import { settingsChannelOf } from '../../../../spec/governance/places.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { createNodeDirectory } from '../../../../node/federation/directory.ts'
import { controlChannelOf, conversationAt } from '../../../../spec/conversation.ts'
import type { NodeId, ServerId, UserName } from '../../../../spec/ids.ts'
import { createVirtualTime } from '../../federation/virtual-time.ts'
import { join, openSite, shareServer, type Site } from './fixture.ts'

const owner = { kind: 'user', user: 'owner' as UserName } as const
const channelsAt = ({ directory }: Site): readonly string[] => directory.servers().flatMap(({ channels }) => channels)

describe('what a node replicates', () => {
  it('a server is served by the nodes that host a member of it, and by no other', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    await using third = await openSite('third')
    const { server, general } = await shareServer(home, away)
    const governance = home.servers.server(server)!.governance
    for (const site of [home, away]) {
      assert.deepEqual(channelsAt(site), [general])
      for (const channel of [governance, general]) {
        assert.equal(site.directory.mayServe(home.nodeId, channel), true)
        assert.equal(site.directory.mayServe(away.nodeId, channel), true)
        assert.equal(site.directory.mayServe(third.nodeId, channel), false)
        assert.equal(site.directory.mayWrite(third.nodeId, channel), false)
      }
    }
    assert.deepEqual(home.directory.peersOf(general), [away.nodeId])
    assert.deepEqual(away.directory.nodesOf(server), [home.nodeId])
  })

  it('threat 22: a private channel goes to the nodes of those on its list; its settings go with it', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    const { server, general } = await shareServer(home, away)
    const back = await home.servers.createChannel(owner, server, { handle: 'back', private: true })
    const settings = settingsChannelOf(back.id)
    await away.take(home, (channel) => channel[14] === '4')
    for (const site of [home, away]) {
      for (const channel of [back.id, settings]) {
        assert.equal(site.directory.mayServe(away.nodeId, channel), false)
        assert.deepEqual(site.directory.peersOf(channel), site === home ? [] : [home.nodeId])
      }
    }
    assert.deepEqual([...channelsAt(home)].sort(), [back.id, settings, general].sort())
    // It cannot know whether it may: so it takes them if they are given.
    assert.deepEqual([...channelsAt(away)].sort(), [back.id, settings, general].sort())

    await home.servers.setChannelEntry(owner, back.id, { member: 'bob@away.example' }, true)
    assert.equal(home.directory.mayServe(away.nodeId, settings), true)
    await home.say('owner', back.id, 'psst')
    await away.take(home)
    assert.equal(away.servers.channel(back.id)?.handle, 'back')
    assert.equal(away.servers.may('bob' as UserName, back.id, 'read'), true)
    assert.equal(away.directory.mayServe(away.nodeId, back.id), true)

    await home.servers.setChannelEntry(owner, back.id, { member: 'bob@away.example' }, false)
    await away.take(home)
    assert.deepEqual(channelsAt(away), [general])
    assert.equal(home.directory.mayServe(away.nodeId, back.id), false)
  })

  it('whoever lost the last member is given the governance for a while, to learn why, and nothing else', async () => {
    const time = createVirtualTime()
    await using home = await openSite('home', time)
    await using away = await openSite('away', time)
    const { server, general } = await shareServer(home, away)
    const governance = home.servers.server(server)!.governance
    await home.servers.kick(owner, server, 'bob@away.example')
    assert.equal(home.directory.mayServe(away.nodeId, general), false)
    assert.equal(home.directory.mayServe(away.nodeId, governance), true)
    await away.take(home, (channel) => channel === governance)
    assert.equal(away.servers.memberOf('bob' as UserName, server), undefined)
    assert.deepEqual(away.directory.servers(), [{ server, governance, channels: [] }])
    let changes = 0
    home.directory.onChanged(() => void changes++)
    await time.pass(60_000)
    assert.equal(changes, 1)
    assert.equal(home.directory.mayServe(away.nodeId, governance), false)
    assert.deepEqual(away.directory.servers(), [])
    assert.equal(home.directory.mayWrite(away.nodeId, general), true)

    home.directory.farewell(away.nodeId, server)
    assert.equal(home.directory.mayServe(away.nodeId, governance), true)
    await time.pass(60_000)
    home.directory.farewell(away.nodeId, server)
    assert.equal(home.directory.mayServe(away.nodeId, governance), false)
  })

  it('a node that starts after it lost its last member passes on for a while why: who put it out may be gone', async () => {
    const time = createVirtualTime()
    await using home = await openSite('home', time)
    await using away = await openSite('away', time)
    const { server } = await shareServer(home, away)
    const governance = home.servers.server(server)!.governance
    await home.servers.kick(owner, server, 'bob@away.example')
    await away.take(home, (channel) => channel === governance)
    await time.pass(60_000)
    assert.deepEqual(away.directory.servers(), [])
    const again = createNodeDirectory({ servers: away.servers, timers: time.timers }, { nodeId: away.nodeId })
    assert.deepEqual(again.servers(), [{ server, governance, channels: [] }])
    await time.pass(60_000)
    assert.deepEqual(again.servers(), [])
    again.stop()
  })

  it('a node that never had a member gets no farewell', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    await using third = await openSite('third')
    const { server } = await shareServer(home, away)
    home.directory.farewell(third.nodeId, server)
    assert.equal(home.directory.mayServe(third.nodeId, home.servers.server(server)!.governance), false)
  })

  it('who comes back is the same member, and the node serves again', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    const { server, general } = await shareServer(home, away)
    const before = away.servers.formerMember('bob' as UserName, server)
    await away.say('bob', general, 'one')
    await home.take(away)
    await home.servers.kick(owner, server, 'bob@away.example')
    await away.take(home)
    assert.equal(await join(home, away, { server, user: 'bob' }), before)
    assert.equal(home.directory.mayServe(away.nodeId, general), true)
    const [said] = await home.log.page(general, {}, 10)
    assert.equal(home.servers.covers(said!), true)
  })

  it('servers with one handle: the one that came later gets a suffix', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    const own = await away.servers.createServer(owner, { handle: 'club', name: 'Our club' })
    const { server } = await shareServer(home, away)
    assert.equal(away.servers.serverByHandle('club')?.id, own.id)
    const handle = away.servers.server(server)?.handle
    assert.match(handle ?? '', /^club-[a-z2-7]{6}$/)
    assert.equal(away.servers.serverByHandle(handle ?? '')?.id, server)
  })

  it('NCALL-9, FRIEND-24: a conversation stands where a server does: its nodes are those of its people', async () => {
    await using home = await openSite('home')
    const [elm, ash, out] = ['e', 'b', 'c'].map((letter) => letter.repeat(52) as NodeId) as [NodeId, NodeId, NodeId]
    const [place, other] = [1, 2].map((n) => encodeBase32(new Uint8Array(32).fill(n))) as [ServerId, ServerId]
    const channel = conversationAt(place)
    const nodes = new Set([home.nodeId, elm, ash])
    const directory = createNodeDirectory(
      {
        servers: home.servers,
        timers: createVirtualTime().timers,
        conversations: {
          replicas: () => [
            { place, channel, control: controlChannelOf(channel), nodes, told: new Set([...nodes, out]) },
          ],
          onChanged: () => () => undefined,
        },
      },
      { nodeId: home.nodeId },
    )
    assert.deepEqual(directory.nodesOf(place), [elm, ash])
    assert.ok(directory.isConversation(place))
    assert.ok(directory.mayServe(out, controlChannelOf(channel)) && !directory.mayServe(out, channel))
    assert.deepEqual(directory.nodesOf(other), [])
    directory.stop()
  })
})
