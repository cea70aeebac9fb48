/** Who is here: computed over a person's devices, kept in memory, never in the log (spec/profiles.md PROF-7 to PROF-10). */
import type { DeviceId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { PresenceChoice, PresenceJson, SeenStatus } from '../../spec/presence.ts'
import type { Choice, Choices } from './choices.ts'
import { createPace } from './pace.ts'

/** Of a user of this node. */
export type OwnPresence = PresenceJson & { readonly user: UserName }

export interface PresenceComponents {
  readonly clock: { now(): number }
  readonly choices: Choices
  /** Only when what others see has changed; at the pace of PROF-10. False: nobody watches, so it cost nothing. */
  readonly changed: (presence: OwnPresence) => boolean
  /** After so many ms, once. Returns the cancel. */
  readonly later: (task: () => void, ms: number) => () => void
}

export interface Presence {
  connected(user: UserName, device: DeviceId): void
  disconnected(user: UserName, device: DeviceId): void
  /** Resolves when it is on disk, as far as it is kept. Throws BAD_REQUEST, or what the store throws. */
  choose(user: UserName, device: DeviceId, choice: PresenceChoice): Promise<void>
  /** What others see. */
  seen(user: UserName): OwnPresence
  isInvisible(user: UserName): boolean
  /** Everybody who is seen as present, in no order. */
  present(): UserName[]
  /** Everybody who has a connection, seen or not, in no order. */
  connectedUsers(): UserName[]
  isConnected(user: UserName): boolean
  stop(): void
}

interface Device {
  connections: number
  isIdle: boolean
}

interface Person {
  readonly devices: Map<DeviceId, Device>
  /** Present without a connection, until then: a reconnect is silent. */
  leavesAtMs: number | undefined
  /** What others were told last; undefined: offline, as nobody was told anything. */
  told: PresenceJson | undefined
  cancelExpiry: (() => void) | undefined
}

export const createPresence = (components: PresenceComponents): Presence => {
  const { clock, choices, changed, later } = components
  const people = new Map<UserName, Person>()
  /** Everybody waits as long, so whoever left first is first. */
  const leaving = new Set<UserName>()
  let cancelLeaving: (() => void) | undefined
  let connectedCount = 0

  const seen = (user: UserName): OwnPresence => {
    const choice = choices.get(user)
    const person = people.get(user)
    const status = statusOf(person, choice)
    const now = clock.now()
    if (status === 'offline') return { user, status, ...(choice.day !== undefined && { lastSeen: choice.day }) }
    const since = person?.told?.status === status ? person.told.since : now
    const { text, until } = choice
    const holds = text !== undefined && (until === undefined || until > now)
    return { user, status, since: since ?? now, ...(holds && { text }), ...(holds && until !== undefined && { until }) }
  }

  const publish = (user: UserName): boolean => {
    const person = people.get(user)
    if (person === undefined) return false
    const next = seen(user)
    const isNews = !isSame(next, person.told ?? { user, status: 'offline' })
    person.told = next
    expireLater(user, person, next.until)
    const isWatched = isNews && changed(next)
    if (person.devices.size === 0 && person.leavesAtMs === undefined) people.delete(user)
    return isWatched
  }
  const pace = createPace<UserName>(
    { clock, later, act: publish },
    {
      perSecond: () => Math.max(changesPerSecondMin, limits.presenceDeliveriesPerSecond / Math.max(1, connectedCount)),
    },
  )

  const expireLater = (user: UserName, person: Person, until: number | undefined): void => {
    person.cancelExpiry?.()
    person.cancelExpiry =
      until === undefined ? undefined : later(() => pace.add(user), Math.min(until - clock.now(), longestWaitMs))
  }

  const letLeave = (): void => {
    cancelLeaving = undefined
    for (const user of leaving) {
      const person = people.get(user)
      const waitMs = (person?.leavesAtMs ?? 0) - clock.now()
      if (waitMs > 0) {
        cancelLeaving = later(letLeave, waitMs)
        return
      }
      leaving.delete(user)
      if (person === undefined) continue
      person.leavesAtMs = undefined
      void choices.left(user).then(() => pace.add(user))
    }
  }

  const personOf = (user: UserName): Person => {
    const known = people.get(user)
    if (known !== undefined) return known
    const person: Person = { devices: new Map(), leavesAtMs: undefined, told: undefined, cancelExpiry: undefined }
    people.set(user, person)
    return person
  }

  return {
    connected: (user, device) => {
      const person = personOf(user)
      if (person.devices.size === 0) connectedCount++
      const known = person.devices.get(device)
      if (known === undefined) person.devices.set(device, { connections: 1, isIdle: false })
      else known.connections++
      person.leavesAtMs = undefined
      leaving.delete(user)
      pace.add(user)
    },
    disconnected: (user, id) => {
      const person = people.get(user)
      const device = person?.devices.get(id)
      if (person === undefined || device === undefined) return
      device.connections--
      if (device.connections > 0) return
      person.devices.delete(id)
      if (person.devices.size > 0) {
        pace.add(user)
        return
      }
      connectedCount--
      person.leavesAtMs = clock.now() + limits.presenceLeaveMs
      leaving.add(user)
      cancelLeaving ??= later(letLeave, limits.presenceLeaveMs)
    },
    choose: async (user, id, choice) => {
      const device = people.get(user)?.devices.get(id)
      // `offline` is what a connection that ends says of itself; the node sees that anyhow
      if (device !== undefined && choice.status !== undefined) device.isIdle = choice.status === 'idle'
      await choices.choose(user, choice)
      if (people.has(user)) pace.add(user)
    },
    seen,
    isInvisible: (user) => choices.get(user).standing === 'invisible',
    present: () => [...people.keys()].filter((user) => statusOf(people.get(user), choices.get(user)) !== 'offline'),
    connectedUsers: () => [...people].flatMap(([user, { devices }]) => (devices.size > 0 ? [user] : [])),
    isConnected: (user) => (people.get(user)?.devices.size ?? 0) > 0,
    stop: () => {
      cancelLeaving?.()
      pace.stop()
      for (const { cancelExpiry } of people.values()) cancelExpiry?.()
    },
  }
}

/** Of a person's devices the busiest counts; who has left is as before for a while. */
const statusOf = (person: Person | undefined, { standing }: Choice): SeenStatus => {
  if (person === undefined || standing === 'invisible') return 'offline'
  if (person.devices.size === 0) return person.leavesAtMs === undefined ? 'offline' : (person.told?.status ?? 'offline')
  if (standing === 'dnd') return 'dnd'
  for (const { isIdle } of person.devices.values()) if (!isIdle) return 'online'
  return 'idle'
}

const isSame = (a: PresenceJson, b: PresenceJson): boolean =>
  a.status === b.status && a.text === b.text && a.until === b.until && a.lastSeen === b.lastSeen

const changesPerSecondMin = 20
/** A timer holds no more than 2^31 ms; it is set again then. */
const longestWaitMs = 24 * 3600 * 1000
