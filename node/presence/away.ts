/** Who is here of the people of other nodes, as those nodes say (PROF-12 to PROF-14): kept in memory, never in the log. */
import type { NodeId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { personOf, splitPerson, type Person } from '../../spec/person.ts'
import type { PresenceJson } from '../../spec/presence.ts'
import type { PresenceWhisper } from '../../spec/presence-whisper.ts'
import { createPace } from './pace.ts'

export interface AwayPresenceComponents {
  readonly clock: { now(): number }
  /** After so many ms, once. Returns the cancel. */
  readonly later: (task: () => void, ms: number) => () => void
  /** `bob@elm.example`, or `bob@{node id}` where no domain is confirmed. */
  readonly addressOf: (person: Person) => string
  readonly people: AwayPeople
  /** To everybody who is connected, or to one. False: nobody watches, so it cost nothing. */
  readonly publish: (presence: PresenceJson, to: Audience) => boolean
  /** A node has said something of people who were not known here, and may be now: it is to say it again. */
  readonly ask: (node: NodeId) => void
  /** Users of this node who have a connection. */
  readonly connectedCount: () => number
}

/** What this node knows of the person and its own users. */
export interface AwayPeople {
  isMemberAnywhere(person: Person): boolean
  /** Who count the person as a friend. */
  friendsHere(person: Person): ReadonlySet<UserName>
  sharesServerWith(viewer: UserName, person: Person): boolean
  /** As far as this side knows (FRIEND-9). */
  maySeePerson(viewer: UserName, person: Person): boolean
  blocks(viewer: UserName, person: Person): boolean
}

export interface Audience {
  readonly isHiddenFrom: (viewer: UserName) => boolean
  /** For whoever subscribes later; false: what was kept is removed; undefined: it stays as it is. */
  readonly keeps: boolean | undefined
}

export interface AwayPresence {
  /** A node says something about one of its users. */
  heard(node: NodeId, whisper: PresenceWhisper): void
  /** A node is connected: it says anew who is here. */
  met(node: NodeId): void
  /** It is gone: its people are, when the lease is over. */
  lost(node: NodeId): void
  /** Undefined: offline, as far as the viewer may know. `isShared`: known to share a server, which is long to ask of many. */
  seenBy(viewer: UserName, person: Person, isShared?: boolean): PresenceJson | undefined
  /** Everybody who is seen as present, in no order. */
  present(): Person[]
  /** Whose presence goes out under that address. */
  personAt(address: string): Person | undefined
  /** Tells one viewer what they see now: the person, or that the person is offline. */
  show(viewer: UserName, person: Person, isVisible: boolean): void
  /** People may be known that were not. */
  lookAgain(): void
  /** Addresses may have changed. */
  readdress(): void
  stop(): void
}

interface Told {
  readonly presence: PresenceJson
  readonly whisper: PresenceWhisper
}

interface Entry {
  whisper: PresenceWhisper
  /** What went out last; undefined: nothing, which is `offline`. */
  told: Told | undefined
  /** Said since the node was met; what was not runs out with the lease. */
  isFresh: boolean
}

interface Home {
  readonly people: Map<UserName, Entry>
  cancelLease: (() => void) | undefined
  /** It has said something of somebody who is not kept. */
  isMissing: boolean
  cancelAsk: (() => void) | undefined
}

export const createAwayPresence = (components: AwayPresenceComponents): AwayPresence => {
  const { clock, later, addressOf, people, publish } = components
  const homes = new Map<NodeId, Home>()
  /** Those whose presence went out, by the address that it went out under. */
  const byAddress = new Map<string, Person>()
  let count = 0

  const entryOf = (person: Person): Entry | undefined => {
    const { user, node } = splitPerson(person)
    return homes.get(node)?.people.get(user)
  }

  /** A node speaks for its own users only; whether they are friends of the viewer, both sides say (FRIEND-9). */
  const isHidden = (viewer: UserName, person: Person, whisper: PresenceWhisper, isShared = false): boolean =>
    people.blocks(viewer, person) ||
    whisper.hiddenFrom.includes(viewer) ||
    (whisper.friends?.includes(viewer) === false && !(isShared || people.sharesServerWith(viewer, person)))

  const jsonOf = (person: Person, whisper: PresenceWhisper): PresenceJson => {
    const { status, since, text, until, lastSeen } = whisper
    const user = addressOf(person)
    if (status === 'offline') return { user, status, ...(lastSeen !== undefined && { lastSeen }) }
    const holds = text !== undefined && (until === undefined || until > clock.now())
    return {
      user,
      status,
      since: since ?? clock.now(),
      ...(holds && { text }),
      ...(holds && until !== undefined && { until }),
    }
  }

  /** Those who see the person now and did not, or the other way round, by what the person's node says. */
  const tellApart = (person: Person, before: Told, now: Told & { readonly isNews: boolean }): void => {
    const named = [before.whisper, now.whisper].flatMap(({ friends, hiddenFrom }) => [
      ...(friends ?? people.friendsHere(person)),
      ...hiddenFrom,
    ])
    for (const viewer of new Set(named)) {
      const isSeen = !isHidden(viewer, person, now.whisper)
      if (isSeen === !isHidden(viewer, person, before.whisper)) continue
      if (!isSeen && before.presence.status !== 'offline') tellOne(viewer, offline(before.presence.user))
      // Of what is news they were told just now.
      if (isSeen && !now.isNews) tellOne(viewer, now.presence)
    }
  }
  const tellOne = (viewer: UserName, presence: PresenceJson): void =>
    void publish(presence, { isHiddenFrom: (one) => one !== viewer, keeps: undefined })

  const publishNow = (person: Person): boolean => {
    const entry = entryOf(person)
    if (entry === undefined) return false
    const { told, whisper } = entry
    const next = jsonOf(person, whisper)
    if (told !== undefined && told.presence.user !== next.user) retract(entry, told.presence.user)
    const isNews = !isSame(next, entry.told?.presence ?? offline(next.user))
    const keeps = next.status !== 'offline' || next.lastSeen !== undefined
    entry.told = { presence: next, whisper }
    byAddress.set(next.user, person)
    const isHiddenFrom = (viewer: UserName): boolean => isHidden(viewer, person, entryOf(person)?.whisper ?? whisper)
    const isWatched = isNews && publish(next, { isHiddenFrom, keeps })
    if (told !== undefined) tellApart(person, told, { ...entry.told, isNews })
    if (!keeps) forget(person, entry)
    return isWatched
  }

  /** Under an address that is no longer theirs they are offline. */
  const retract = (entry: Entry, address: string): void => {
    byAddress.delete(address)
    publish(offline(address), { isHiddenFrom: () => false, keeps: false })
    entry.told = undefined
  }

  const forget = (person: Person, { told }: Entry): void => {
    const { user, node } = splitPerson(person)
    if (homes.get(node)?.people.delete(user) === true) count--
    if (told !== undefined) byAddress.delete(told.presence.user)
    const home = homes.get(node)
    if (home !== undefined) leaveEmpty(node, home)
  }

  const leaveEmpty = (node: NodeId, home: Home): void => {
    const isIdle = home.cancelLease === undefined && home.cancelAsk === undefined && !home.isMissing
    if (home.people.size === 0 && isIdle) homes.delete(node)
  }

  /** SYNC-20: what comes before the friendship or the membership is here would be lost. */
  const askAgain = (node: NodeId): void => {
    const home = homes.get(node)
    if (home === undefined || !home.isMissing) return
    home.cancelAsk ??= later(() => {
      home.cancelAsk = undefined
      home.isMissing = false
      components.ask(node)
      leaveEmpty(node, home)
    }, askMs)
  }

  const show: AwayPresence['show'] = (viewer, person, isVisible) => {
    if (isVisible) askAgain(splitPerson(person).node)
    const before = entryOf(person)?.told?.presence
    if (!isVisible && before !== undefined && before.status !== 'offline') tellOne(viewer, offline(before.user))
    // What waits for its turn goes first: then everybody was told what is so.
    publishNow(person)
    const told = entryOf(person)?.told
    if (!isVisible || told === undefined || told.presence.status === 'offline') return
    if (!isHidden(viewer, person, told.whisper)) tellOne(viewer, told.presence)
  }

  // PROF-10, of people of other nodes: at the same pace.
  const pace = createPace<Person>(
    { clock, later, act: publishNow },
    {
      perSecond: () =>
        Math.max(changesPerSecondMin, limits.presenceDeliveriesPerSecond / Math.max(1, components.connectedCount())),
    },
  )

  const homeOf = (node: NodeId): Home => {
    const known = homes.get(node)
    if (known !== undefined) return known
    const home: Home = { people: new Map(), cancelLease: undefined, isMissing: false, cancelAsk: undefined }
    homes.set(node, home)
    return home
  }

  /** PROF-13 */
  const renewLease = (node: NodeId): void => {
    const home = homes.get(node)
    if (home === undefined) return
    for (const entry of home.people.values()) entry.isFresh = false
    home.cancelLease?.()
    home.cancelLease = later(() => {
      home.cancelLease = undefined
      for (const [user, entry] of home.people) {
        if (entry.isFresh) continue
        const { lastSeen, ...whisper } = entry.whisper
        entry.whisper = { ...whisper, status: 'offline', lastSeen: whisper.status === 'offline' ? lastSeen : undefined }
        pace.add(personOf(user, node))
      }
      leaveEmpty(node, home)
    }, limits.presenceLeaseMs)
  }

  return {
    heard(node, whisper) {
      const person = personOf(whisper.user, node)
      const known = entryOf(person)
      const isOffline = whisper.status === 'offline' && whisper.lastSeen === undefined
      if (known !== undefined) {
        known.whisper = whisper
        known.isFresh = true
        pace.add(person)
        return
      }
      if (isOffline) return
      // PROF-14
      const home = homeOf(node)
      const isKnown = people.isMemberAnywhere(person) || people.friendsHere(person).size > 0
      if (!isKnown || home.people.size >= limits.presencePeopleOfNodeMax || count >= limits.presencePeopleAwayMax) {
        home.isMissing = true
        return
      }
      home.people.set(whisper.user, { whisper, told: undefined, isFresh: true })
      count++
      pace.add(person)
    },
    met: renewLease,
    lost(node) {
      const home = homes.get(node)
      if (home !== undefined) home.isMissing = false
      renewLease(node)
    },
    seenBy(viewer, person, isShared = false) {
      const entry = entryOf(person)
      if (entry === undefined || !(isShared || people.maySeePerson(viewer, person))) return undefined
      if (isHidden(viewer, person, entry.whisper, isShared)) return undefined
      const presence = jsonOf(person, entry.whisper)
      return presence.status === 'offline' ? undefined : presence
    },
    present: () =>
      [...homes].flatMap(([node, home]) =>
        [...home.people].flatMap(([user, { whisper }]) => (whisper.status === 'offline' ? [] : [personOf(user, node)])),
      ),
    personAt: (address) => byAddress.get(address),
    show,
    lookAgain() {
      for (const node of homes.keys()) askAgain(node)
    },
    readdress() {
      for (const [address, person] of byAddress) if (addressOf(person) !== address) pace.add(person)
    },
    stop() {
      pace.stop()
      for (const { cancelLease, cancelAsk } of homes.values()) {
        cancelLease?.()
        cancelAsk?.()
      }
    },
  }
}

const offline = (user: string): PresenceJson => ({ user, status: 'offline' })

const isSame = (a: PresenceJson, b: PresenceJson): boolean =>
  a.user === b.user && a.status === b.status && a.text === b.text && a.until === b.until && a.lastSeen === b.lastSeen

const changesPerSecondMin = 20
/** Between what may have made people known, and the question. */
const askMs = 1_000
