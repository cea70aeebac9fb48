import { sha256 } from '../../../../node/crypto.ts'
import { createFriends } from '../../../../node/friends/create-friends.ts'
import type { FriendMethod, Friends, Notice } from '../../../../node/friends/friends.ts'
import type { Entry } from '../../../../node/log/log.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { ChannelId, EventId, FeedId, NodeId, UserName } from '../../../../spec/ids.ts'
import { personOf } from '../../../../spec/person.ts'

/** One node's room of friends, with a log that is an array. */
export interface Side {
  readonly node: NodeId
  readonly friends: Friends
  readonly told: { readonly user: UserName; readonly notice: Notice }[]
  /** What each was shown last of another: `viewer subject`. */
  readonly shown: Map<string, boolean>
  /** Somebody says something in a conversation: as ingest does it. Throws what is refused. */
  say(user: UserName, channel: ChannelId, text: string): Promise<Entry>
  /** Past what is asked first: it was under way. */
  append(draft: Pick<Entry, 'channel' | 'member' | 'auth' | 'type' | 'body'>): Promise<unknown>
  /** As this person reads it. */
  read(user: UserName, channel: ChannelId): string[]
}

/** Two rooms that ask each other; what one stores the other gets by `sync`. */
export interface TwoNodes {
  readonly here: Side
  readonly there: Side
  isAway: boolean
  /** Both get what the other has and may give. */
  sync(): Promise<void>
  /** Calls that went from node to node. */
  readonly calls: FriendMethod[]
  shared: boolean
}

export const twoNodes = async (users: {
  readonly here: readonly string[]
  readonly there: readonly string[]
}): Promise<TwoNodes> => {
  const [a, b] = [1, 2].map((n) => encodeBase32(new Uint8Array(32).fill(n)) as NodeId) as [NodeId, NodeId]
  let ids = 0
  let now = 1_000
  const sides = new Map<NodeId, Side & { readonly entries: Entry[]; take(entry: Entry): void }>()
  const world = { isAway: false, shared: false, calls: [] as FriendMethod[] }

  const openSide = async (node: NodeId, people: readonly string[]) => {
    const entries: Entry[] = []
    const told: Side['told'] = []
    const shown = new Map<string, boolean>()
    const feed = encodeBase32(sha256(Buffer.from(node)).subarray(0, 16)) as FeedId
    const take = (entry: Entry): void => {
      if (entries.some(({ id }) => id === entry.id)) return
      const stored = { ...entry, position: entries.length + 1 }
      entries.push(stored)
      friends.apply([stored])
    }
    const append = (draft: Pick<Entry, 'channel' | 'member' | 'auth' | 'type' | 'body'>) => {
      ids++
      const id = `01a20000-0000-7000-8000-${ids.toString(16).padStart(12, '0')}` as EventId
      const seq = entries.filter((entry) => entry.node === node && entry.channel === draft.channel).length + 1
      const entry: Entry = { ...draft, id, node, feed, seq, position: 0, raw: new Uint8Array() }
      take(entry)
      return Promise.resolve({ status: 'appended' as const, entry: entries.at(-1) ?? entry })
    }
    const friends: Friends = await createFriends(
      {
        store: createMemoryStore(),
        log: {
          feeds: (channel) =>
            channel === undefined
              ? []
              : [...sides.keys()].flatMap((origin) => {
                  const all = entries.filter((entry) => entry.node === origin && entry.channel === channel)
                  const last = all.at(-1)
                  return last === undefined
                    ? []
                    : [
                        {
                          feed: last.feed,
                          node: origin,
                          channel,
                          epoch: '',
                          floor: 1,
                          head: last.seq,
                          headHash: new Uint8Array(),
                          headId: last.id,
                          isWhole: true,
                        },
                      ]
                }),
          page: () => Promise.resolve([]),
          get position() {
            return entries.length
          },
        },
        append,
        clock: { now: () => ++now },
        random: (length) => sha256(Buffer.from(`${node} ${++ids}`)).subarray(0, length),
        hash: sha256,
        servers: {
          sharesServer: () => world.shared,
          sharesServerWith: () => false,
          authorOf: (home, member) => ({ address: `${member}@${home}`, name: 'unknown' }),
        },
        hasUser: (user) => people.includes(user),
        remote: {
          request: (to, method, { from, ...asked }) => {
            world.calls.push(method)
            const other = sides.get(to)
            if (other === undefined || world.isAway) return Promise.reject(new HearthError('NODE_DOWN'))
            return other.friends.answer(method, { from: personOf(from, node), ...asked })
          },
          onReachable: () => () => undefined,
          nodeOf: (domain) => Promise.reject(new HearthError('NOT_FOUND', domain)),
          nameOf: (one) => (one === node ? 'home.example' : one),
        },
        tell: (user, notice) => told.push({ user, notice }),
        presenceChanged: (viewer, subject, isVisible) => shown.set(`${viewer} ${subject}`, isVisible),
        personShown: (viewer, person, isVisible) => shown.set(`${viewer} ${person}`, isVisible),
        relationChanged: () => undefined,
        logger: { warn: (fields) => assertNothing(fields) },
      },
      { nodeId: node },
    )
    return {
      node,
      friends,
      told,
      shown,
      entries,
      take,
      append,
      say: async (user: UserName, channel: ChannelId, text: string) => {
        const seat = friends.authorise(user, channel, 'send')
        if (!seat.ok) throw new HearthError(seat.code, seat.reason)
        const { member, auth } = seat
        return (await append({ channel, member, auth, type: 'msg', body: Buffer.from(text) })).entry
      },
      read: (user: UserName, channel: ChannelId) =>
        entries
          .filter((entry) => entry.channel === channel && friends.covers(entry) && !friends.hides(user, entry))
          .map(({ body }) => Buffer.from(body ?? []).toString()),
    }
  }
  const [here, there] = [await openSide(a, users.here), await openSide(b, users.there)]
  sides.set(a, here).set(b, there)

  const give = (from: typeof here, to: typeof here): void => {
    const given = new Map(
      from.friends.replicas().flatMap(
        ({ channel, control, nodes, told }) =>
          [
            [channel, nodes],
            [control, told],
          ] as const,
      ),
    )
    const taken = new Set(to.friends.replicas().flatMap(({ channel, control }) => [channel, control]))
    for (const entry of from.entries) {
      if (given.get(entry.channel)?.has(to.node) !== true || !taken.has(entry.channel)) continue
      if (to.friends.judgeRemote(entry) === 'kept') to.take(entry)
    }
  }
  return Object.assign(world, {
    here,
    there,
    sync: async () => {
      for (let round = 0; round < 4; round++) {
        if (world.isAway) return
        give(here, there)
        give(there, here)
        await here.friends.settled()
        await there.friends.settled()
      }
    },
  })
}

const assertNothing = (fields: object): never => {
  throw new Error(`a warning: ${JSON.stringify(fields)}`)
}
