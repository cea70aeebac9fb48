/**
 * The presence of this node's people to the nodes that care, and theirs to this one (SYNC-18, PROF-12). What is due to a
 * node is a set of people, so a storm of changes costs no more than a set of names, and of each only the latest goes out.
 */
import type { Peers, Timers } from '../../federation/components.ts'
import type { Sync } from '../../federation/sync/components.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { decodePresence, encodePresence, presenceKind, type PresenceWhisper } from '../../spec/presence-whisper.ts'
import { personOf, splitPerson, type Person } from '../../spec/person.ts'
import { textBytes } from '../../spec/utf8.ts'
import type { Friends } from '../friends/friends.ts'
import type { OwnPresence } from '../presence/presence.ts'
import type { Servers } from '../servers/servers.ts'

export interface PresenceLinkComponents {
  readonly sync: Pick<Sync, 'whisper' | 'onWhisper'>
  readonly peers: Peers
  readonly servers: Pick<Servers, 'serversOf' | 'replicas' | 'onChanged'>
  readonly friends: Pick<Friends, 'relationsWith'>
  readonly presence: { seen(user: UserName): OwnPresence; present(): UserName[] }
  /** Changes with the user's profile; undefined: there is none. */
  readonly profileTag: (user: UserName) => Uint8Array | undefined
  /** PROF-15: what another node says of its user's. */
  readonly profileTagged: (person: Person, tag: Uint8Array | undefined) => void
  readonly timers: Timers
  readonly away: {
    heard(node: NodeId, whisper: PresenceWhisper): void
    met(node: NodeId): void
    lost(node: NodeId): void
  }
}

export interface PresenceLink {
  /** What others see of the user has changed. */
  changed(user: UserName): void
  /** What the user is to somebody of another node has changed. */
  relationChanged(user: UserName, person: Person): void
  /** SYNC-20: to say again who of its people is here. */
  ask(node: NodeId): void
  /** Is there anybody at that node who may see the user, or their profile? */
  isFor(user: UserName, node: NodeId): boolean
  /** Their profile has: every node that cares is told, whether they are here or not. */
  profileChanged(user: UserName): void
  stop(): void
}

/** One connected node. */
interface Told {
  readonly node: NodeId
  readonly due: Set<UserName>
  /** Whom it takes for present: the last payload apart from its time. Nothing: offline. */
  readonly said: Map<UserName, string>
  /** To be told again, whatever was said. */
  readonly anew: Set<UserName>
  isRunning: boolean
  /** It was told anew just now; true: and asks again. */
  askedAgain: boolean | undefined
}

export const createPresenceLink = (components: PresenceLinkComponents): PresenceLink => {
  const { sync, peers, servers, friends, presence, profileTag, timers, away } = components
  const told = new Map<NodeId, Told>()
  /** Nodes with which a user shares a server; until the servers change. */
  const sharing = new Map<UserName, ReadonlySet<NodeId>>()

  const sharedWith = (user: UserName): ReadonlySet<NodeId> => {
    const known = sharing.get(user)
    if (known !== undefined) return known
    const nodes = new Set(servers.serversOf(user).flatMap(({ id }) => [...(servers.replicas(id)?.nodes ?? [])]))
    sharing.set(user, nodes)
    return nodes
  }

  /** FRIEND-9. Whom a node has nobody for, is offline to it; and so is who blocks more of its people than can be said. */
  const whisperFor = (user: UserName, node: NodeId): PresenceWhisper | undefined => {
    const { friends: theirs, blocked } = friends.relationsWith(user, node)
    if (!(theirs.length > 0 || sharedWith(user).has(node)) || blocked.length > limits.presenceNamesMax) return undefined
    const { status, since, text, until, lastSeen } = presence.seen(user)
    return {
      user,
      status,
      since,
      text,
      until,
      lastSeen,
      friends: theirs.length + blocked.length > limits.presenceNamesMax ? undefined : theirs,
      hiddenFrom: blocked,
      profile: profileTag(user),
    }
  }

  /** False: it did not go out. */
  const tell = async (to: Told, user: UserName): Promise<boolean> => {
    const wanted = whisperFor(user, to.node)
    const whisper = wanted ?? { ...nothing, user }
    const isOffline = whisper.status === 'offline' && whisper.lastSeen === undefined
    const says = Buffer.from(encodePresence({ ...whisper, since: undefined })).toString('latin1')
    const isAnew = to.anew.delete(user) && wanted !== undefined
    const before = to.said.get(user)
    if (!isAnew && (before === says || (isOffline && before === undefined))) return true
    const isWritten = await sync.whisper(to.node, {
      kind: presenceKind,
      key: textBytes(user),
      payload: encodePresence(whisper),
    })
    if (!isWritten) {
      if (isAnew) to.anew.add(user)
      return false
    }
    if (isOffline) to.said.delete(user)
    else to.said.set(user, says)
    return true
  }

  const run = async (to: Told): Promise<void> => {
    to.isRunning = true
    await pause(0)
    while (to.due.size > 0 && told.get(to.node) === to) {
      const some = [...to.due].slice(0, limits.presenceToldAtOnceMax)
      for (const user of some) to.due.delete(user)
      const sent = await Promise.all(some.map((user) => tell(to, user)))
      const lost = some.filter((_, i) => sent[i] === false)
      for (const user of lost) to.due.add(user)
      await pause(lost.length > 0 ? retryMs : limits.presenceToldMs)
    }
    to.isRunning = false
  }
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void timers.after(ms, resolve))

  const due = (to: Told | undefined, users: Iterable<UserName>): void => {
    if (to === undefined) return
    for (const user of users) to.due.add(user)
    if (!to.isRunning && to.due.size > 0) void run(to)
  }

  const heard = (from: NodeId, payload: Uint8Array): void => {
    const whisper = decodePresence(payload)
    if (whisper === undefined) return
    away.heard(from, whisper)
    components.profileTagged(personOf(whisper.user, from), whisper.profile)
  }

  /** SYNC-20: at most once in a while, as an answer is longer than the question. */
  const asked = (to: Told | undefined): void => {
    if (to === undefined || told.get(to.node) !== to) return
    if (to.askedAgain !== undefined) {
      to.askedAgain = true
      return
    }
    to.askedAgain = false
    to.said.clear()
    due(to, presence.present())
    timers.after(limits.presenceAskedMs, () => {
      const isWanted = to.askedAgain === true
      to.askedAgain = undefined
      if (isWanted) asked(to)
    })
  }

  /** Many changes of the servers are looked at once. */
  let cancelLook: (() => void) | undefined
  const lookAgain = (): void => {
    sharing.clear()
    if (told.size === 0) return
    cancelLook ??= timers.after(lookMs, () => {
      cancelLook = undefined
      const present = presence.present()
      for (const to of told.values()) due(to, [...present, ...to.said.keys()])
    })
  }

  const stops = [
    sync.onWhisper((from, { kind, payload }) => {
      if (kind === presenceKind) heard(from, payload)
      if (kind === askKind) asked(told.get(from))
    }),
    servers.onChanged((kind) => {
      if (kind === 'permissions') lookAgain()
    }),
    peers.onPeer((peer) => {
      const { nodeId: node } = peer
      const to: Told = {
        node,
        due: new Set(),
        said: new Map(),
        anew: new Set(),
        isRunning: false,
        askedAgain: undefined,
      }
      told.set(node, to)
      away.met(node)
      due(to, presence.present())
      void peer.closed.then(() => {
        if (told.get(node) !== to) return
        told.delete(node)
        away.lost(node)
      })
    }),
  ]

  return {
    changed: (user) => {
      for (const to of told.values()) due(to, [user])
    },
    ask: (node) => void sync.whisper(node, { kind: askKind, key: textBytes(askKind), payload: new Uint8Array(0) }),
    relationChanged: (user, person) => due(told.get(splitPerson(person).node), [user]),
    isFor: (user, node) => sharedWith(user).has(node) || friends.relationsWith(user, node).friends.length > 0,
    profileChanged: (user) => {
      for (const to of told.values()) {
        to.anew.add(user)
        due(to, [user])
      }
    },
    stop() {
      cancelLook?.()
      for (const stop of stops) stop()
      told.clear()
    },
  }
}

const nothing = {
  status: 'offline',
  since: undefined,
  text: undefined,
  until: undefined,
  lastSeen: undefined,
  friends: [],
  hiddenFrom: [],
  profile: undefined,
} as const

const askKind = 'presence.all'
/** After a peer took nothing. */
const retryMs = 1_000
const lookMs = 1_000
