import assert from 'node:assert/strict'
import { followEndings, type Ending } from '../../../../node/federation/endings.ts'
import { followReceipts, type Receipt } from '../../../../node/federation/receipts.ts'
import { createWhispers } from '../../../../node/federation/whispers.ts'
import type { Replicated, Whisper } from '../../../../federation/sync/components.ts'
import { encodeCbor } from '../../../../spec/cbor.ts'
import type { NodeId, UserName } from '../../../../spec/ids.ts'
import { createVirtualTime } from '../../federation/virtual-time.ts'
import { openSite, shareServer } from './fixture.ts'

const owner = { kind: 'user', user: 'owner' as UserName } as const

describe('what members are told of other nodes', () => {
  it('replicated: by the first node that has it on disk, and by the last', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    const { general } = await shareServer(home, away)
    const told: [string, Receipt][] = []
    let confirm: Replicated = () => undefined
    const peers = ['n1', 'n2', 'n3'] as NodeId[]
    const stop = followReceipts(
      {
        log: home.log,
        sync: { onReplicated: (listener) => ((confirm = listener), () => undefined) },
        peersOf: (channel) => (channel === general ? peers : []),
        userOf: (member) => home.servers.userOf(member),
        tell: (user, receipt) => void told.push([user, receipt]),
      },
      home.nodeId,
    )
    const [one, two] = [await home.say('owner', general, '1'), await home.say('owner', general, '2')]
    assert.equal(one.feed, two.feed)
    confirm(one.feed, one.seq, 'n1' as NodeId)
    confirm(one.feed, one.seq, 'n1' as NodeId)
    assert.deepEqual(told, [['owner', { channel: general, id: one.id, nodes: 1 }]])
    confirm(two.feed, two.seq, 'n2' as NodeId)
    confirm(two.feed, two.seq, 'n3' as NodeId)
    assert.deepEqual(
      told.slice(1).map(([, { id, nodes }]) => [id, nodes]),
      [
        [two.id, 1],
        [one.id, 3],
      ],
    )
    confirm(two.feed, two.seq, 'n1' as NodeId)
    assert.deepEqual(told.at(-1), ['owner', { channel: general, id: two.id, nodes: 3 }])
    const count = told.length
    confirm(two.feed, two.seq, 'n1' as NodeId)
    assert.equal(told.length, count)
    stop()
  })

  it('server.ended: why one is out, whoever decided it', async () => {
    const time = createVirtualTime()
    await using home = await openSite('home', time)
    await using away = await openSite('away', time)
    const { server } = await shareServer(home, away)
    const told: [string, Ending][] = []
    followEndings({
      log: away.log,
      servers: away.servers,
      timers: time.timers,
      tell: (user, ending) => void told.push([user, ending]),
    })
    await home.servers.ban(owner, server, 'bob@away.example', 'spam')
    await away.take(home)
    await time.pass(0)
    assert.deepEqual(told, [['bob', { server, handle: 'club', reason: 'ban' }]])
    await home.servers.unban(owner, server, 'bob@away.example')
    await away.take(home)
    await time.pass(0)
    assert.equal(told.length, 1)
  })

  it('threat 39: typing of a member, as their own node says it, to nodes that have the channel', async () => {
    await using home = await openSite('home')
    await using away = await openSite('away')
    const { server, general } = await shareServer(home, away)
    const time = createVirtualTime()
    const seen: string[] = []
    const sent: [NodeId, Whisper][] = []
    let hear: (from: NodeId, whisper: Whisper) => void = () => undefined
    const sync = {
      whisper: (to: NodeId, whisper: Whisper) => Promise.resolve(sent.push([to, whisper]) > 0),
      onWhisper: (listener: typeof hear) => ((hear = listener), () => undefined),
    }
    const whispers = createWhispers({
      sync,
      directory: home.directory,
      servers: home.servers,
      clock: time.clock,
      typing: (_channel, _server, { address }) => void seen.push(address),
    })
    const own = home.servers.memberOf('owner' as UserName, server)!.member
    whispers.typing(general, own)
    assert.deepEqual(
      sent.map(([to]) => to),
      [away.nodeId],
    )
    const bob = away.servers.formerMember('bob' as UserName, server)!
    const typing = (payload: Uint8Array): Whisper => ({ kind: 'typing', key: new Uint8Array(1), payload })
    hear(away.nodeId, typing(encodeCbor([general, bob])))
    assert.deepEqual(seen, ['bob@away.example'])
    hear(away.nodeId, typing(encodeCbor([general, own])))
    hear('n'.repeat(52) as NodeId, typing(encodeCbor([general, bob])))
    hear(away.nodeId, typing(encodeCbor([home.servers.server(server)!.governance, bob])))
    for (const odd of [encodeCbor([general]), encodeCbor(7), Uint8Array.of(0xff), new Uint8Array(300)]) {
      hear(away.nodeId, typing(odd))
    }
    assert.equal(seen.length, 1)

    // SYNC-19: at most one a second for a member in a channel, and of a node that does not keep to it so many.
    whispers.typing(general, own)
    assert.equal(sent.length, 1)
    await time.pass(1_000)
    whispers.typing(general, own)
    assert.equal(sent.length, 2)
    for (let i = 0; i < 10_000; i++) hear(away.nodeId, typing(encodeCbor([general, bob])))
    assert.equal(seen.length, 1 + 500)
    await time.pass(1_000)
    for (let i = 0; i < 10_000; i++) hear(away.nodeId, typing(encodeCbor([general, bob])))
    assert.equal(seen.length, 1 + 600)
  })
})
