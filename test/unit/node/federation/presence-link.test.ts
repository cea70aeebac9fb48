import assert from 'node:assert/strict'
import type { Peer } from '../../../../federation/components.ts'
import type { Whisper } from '../../../../federation/sync/components.ts'
import { createPresenceLink } from '../../../../node/federation/presence-link.ts'
import type { OwnPresence } from '../../../../node/presence/presence.ts'
import type { NodeId, ServerId, UserName } from '../../../../spec/ids.ts'
import { limits } from '../../../../spec/limits.ts'
import { personOf, type Person } from '../../../../spec/person.ts'
import { decodePresence, encodePresence, type PresenceWhisper } from '../../../../spec/presence-whisper.ts'
import type { SeenStatus } from '../../../../spec/presence.ts'
import { createVirtualTime } from '../../federation/virtual-time.ts'

const elm = 'e'.repeat(52) as NodeId
const ash = 'b'.repeat(52) as NodeId
const club = 'c'.repeat(52) as ServerId
const [sam, tom] = ['sam', 'tom'] as UserName[] as [UserName, UserName]

describe('presence for other nodes', () => {
  const setUp = () => {
    const time = createVirtualTime()
    const status = new Map<UserName, SeenStatus>()
    /** Who is in the club, which elm serves, too. */
    const members = new Set<UserName>()
    const relations = new Map<string, { friends: UserName[]; blocked: UserName[] }>()
    const sent: (PresenceWhisper & { readonly to: NodeId })[] = []
    const heard: [NodeId, UserName][] = []
    const leases: string[] = []
    const tags: [Person, Uint8Array | undefined][] = []
    const asks: NodeId[] = []
    let isDeaf = false
    let meet: (peer: Peer) => void = () => undefined
    let hear: (from: NodeId, whisper: Whisper) => void = () => undefined
    let changeServers: (kind: 'permissions' | 'settings') => void = () => undefined
    const link = createPresenceLink({
      sync: {
        whisper: (to, { kind, payload }) => {
          if (kind === 'presence.all') asks.push(to)
          else if (!isDeaf) sent.push({ ...decodePresence(payload)!, to })
          return Promise.resolve(!isDeaf)
        },
        onWhisper: (listener) => ((hear = listener), () => undefined),
      },
      peers: { onPeer: (listener) => ((meet = listener), () => undefined) },
      servers: {
        serversOf: (user) => (members.has(user) ? [{ id: club } as never] : []),
        replicas: () => ({ nodes: new Set([elm]) }) as never,
        onChanged: (listener) => ((changeServers = listener), () => undefined),
      },
      friends: { relationsWith: (user, node) => relations.get(`${user} ${node}`) ?? { friends: [], blocked: [] } },
      presence: {
        seen: (user): OwnPresence => ({ user, status: status.get(user) ?? 'offline' }),
        present: () => [...status].flatMap(([user, is]) => (is === 'offline' ? [] : [user])),
      },
      profileTag: () => undefined,
      profileTagged: (person, tag) => void tags.push([person, tag]),
      timers: time.timers,
      away: {
        heard: (node, { user }) => void heard.push([node, user]),
        met: (node) => void leases.push(`met ${node[0]}`),
        lost: (node) => void leases.push(`lost ${node[0]}`),
      },
    })
    const connect = (nodeId: NodeId): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      meet({ nodeId, closed: promise } as Peer)
      return resolve
    }
    const told = (node = elm): string[] =>
      sent.filter(({ to }) => to === node).map(({ user, status: is }) => `${user} ${is}`)
    return {
      time,
      status,
      members,
      relations,
      sent,
      heard,
      leases,
      asks,
      tags,
      link,
      connect,
      told,
      hear: (from: NodeId, whisper: Whisper) => hear(from, whisper),
      changeServers: () => changeServers('permissions'),
      deafen: (deaf: boolean) => void (isDeaf = deaf),
    }
  }

  it('PROF-12: tells a node that is met of all who are present and whom it has somebody for', async () => {
    const { status, members, relations, connect, time, told, sent, leases } = setUp()
    for (const user of [sam, tom, 'eve' as UserName]) status.set(user, 'online')
    members.add(sam)
    relations.set(`tom ${ash}`, { friends: ['fay' as UserName], blocked: [] })
    relations.set(`sam ${elm}`, { friends: [], blocked: ['kim' as UserName] })
    connect(elm)
    connect(ash)
    await time.pass(1_000)
    assert.deepEqual(told(elm), ['sam online'])
    assert.deepEqual(told(ash), ['tom online'])
    assert.deepEqual(sent[0]?.hiddenFrom, ['kim'])
    assert.deepEqual(sent[1]?.friends, ['fay'])
    assert.deepEqual(leases, ['met e', 'met b'])
  })

  it('PROF-12: a storm of 5,000 goes out a few at a time, each once, and what comes and goes in between not at all', async () => {
    const { status, members, link, connect, time, told } = setUp()
    connect(elm)
    await time.pass(1_000)
    const crowd = Array.from({ length: 5_000 }, (_, i) => `u${i}` as UserName)
    const everybody = (is: SeenStatus): void => {
      for (const user of crowd) {
        members.add(user)
        status.set(user, is)
        link.changed(user)
      }
    }
    for (let i = 0; i < 10; i++) {
      everybody('online')
      everybody('idle')
    }
    everybody('online')
    await time.pass(0)
    assert.equal(told().length, limits.presenceToldAtOnceMax)
    await time.pass(limits.presenceToldMs)
    assert.equal(told().length, 2 * limits.presenceToldAtOnceMax)
    await time.pass(10_000)
    assert.equal(told().length, 5_000)
    everybody('offline')
    everybody('online')
    await time.pass(10_000)
    assert.equal(told().length, 5_000)
  })

  it('tells again what the peer did not take, and a node that comes back everything', async () => {
    const { status, members, link, connect, time, told, deafen, leases } = setUp()
    members.add(sam).add(tom)
    status.set(sam, 'online')
    deafen(true)
    const leave = connect(elm)
    await time.pass(5_000)
    assert.deepEqual(told(), [])
    deafen(false)
    await time.pass(1_000)
    assert.deepEqual(told(), ['sam online'])
    leave()
    await time.pass(0)
    status.set(tom, 'dnd')
    link.changed(tom)
    connect(elm)
    await time.pass(1_000)
    assert.deepEqual(told(), ['sam online', 'sam online', 'tom dnd'])
    assert.deepEqual(leases, ['met e', 'lost e', 'met e'])
  })

  it('tells offline once to a node that has nobody for them any more, and nothing to one that never had', async () => {
    const { status, members, relations, link, connect, changeServers, time, told } = setUp()
    members.add(sam)
    status.set(sam, 'online')
    relations.set(`sam ${ash}`, { friends: ['fay' as UserName], blocked: [] })
    connect(elm)
    connect(ash)
    await time.pass(1_000)
    relations.clear()
    link.relationChanged(sam, personOf('fay' as UserName, ash))
    members.clear()
    changeServers()
    await time.pass(5_000)
    assert.deepEqual(told(elm), ['sam online', 'sam offline'])
    assert.deepEqual(told(ash), ['sam online', 'sam offline'])
    link.profileChanged(sam)
    link.changed(sam)
    changeServers()
    await time.pass(5_000)
    assert.equal(told(elm).length + told(ash).length, 4)
  })

  it('SYNC-18: of more friends and blocks than can be named the other side decides; of more blocks, offline', async () => {
    const { status, members, relations, link, connect, time, sent, told } = setUp()
    members.add(sam)
    status.set(sam, 'online')
    const names = (count: number): UserName[] =>
      Array.from({ length: count }, (_, i) => `${i}`.padStart(8, 'x') as UserName).sort()
    relations.set(`sam ${elm}`, { friends: names(limits.presenceNamesMax), blocked: [tom] })
    connect(elm)
    await time.pass(1_000)
    assert.deepEqual([sent[0]?.friends, sent[0]?.hiddenFrom], [undefined, [tom]])
    relations.set(`sam ${elm}`, { friends: [], blocked: names(limits.presenceNamesMax + 1) })
    link.relationChanged(sam, personOf(tom, elm))
    await time.pass(1_000)
    assert.deepEqual(told(), ['sam online', 'sam offline'])
  })

  it('SYNC-20: who asks is told anew of everybody, at most every ten seconds', async () => {
    const { status, members, connect, time, told, hear, link, asks } = setUp()
    members.add(sam)
    status.set(sam, 'online')
    const ask = (): void => hear(elm, { kind: 'presence.all', key: new Uint8Array(1), payload: new Uint8Array(0) })
    ask()
    connect(elm)
    await time.pass(1_000)
    for (let i = 0; i < 100; i++) ask()
    await time.pass(limits.presenceAskedMs - 1)
    assert.equal(told().length, 2)
    await time.pass(1_000)
    assert.equal(told().length, 3)
    await time.pass(60_000)
    assert.equal(told().length, 3)
    link.ask(elm)
    assert.deepEqual(asks, [elm])
  })

  it('a node speaks for its own users only, whatever it sends', () => {
    const { hear, heard, tags } = setUp()
    const payload = encodePresence({
      user: sam,
      status: 'online',
      since: undefined,
      text: undefined,
      until: undefined,
      lastSeen: undefined,
      friends: [],
      hiddenFrom: [],
      profile: new Uint8Array(8),
    })
    hear(elm, { kind: 'presence', key: new Uint8Array(1), payload })
    hear(elm, { kind: 'presence', key: new Uint8Array(1), payload: Uint8Array.of(0xff) })
    hear(elm, { kind: 'other', key: new Uint8Array(1), payload })
    assert.deepEqual(heard, [[elm, sam]])
    assert.deepEqual(tags, [[personOf(sam, elm), new Uint8Array(8)]])
  })
})
