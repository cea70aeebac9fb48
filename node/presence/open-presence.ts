/** Presence of this node's people and of others', as it leaves by the MQTT door (TOPIC-5, TOPIC-12). */
import { isNodeId } from '../../spec/identifiers.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { personOf, type Person } from '../../spec/person.ts'
import type { PresenceJson } from '../../spec/presence.ts'
import { isPresenceAddress, presenceTopic, userTopic } from '../../spec/topics.ts'
import { userOfSession, type FanOut } from '../announce.ts'
import type { Friends } from '../friends/friends.ts'
import type { Questions } from '../servers/servers.ts'
import type { Store } from '../store/store.ts'
import { createAwayPresence, type AwayPresence } from './away.ts'
import { openChoices } from './choices.ts'
import { createPresence, type Presence } from './presence.ts'

export interface PresenceDoorComponents {
  readonly store: Store
  readonly clock: { now(): number }
  readonly logger: { error(fields: object, message: string): void }
  readonly later: (task: () => void, ms: number) => () => void
  readonly fanOut: FanOut
  readonly friends: Pick<Friends, 'isPresenceHidden' | 'friendsHere' | 'sharesServerWith' | 'maySeePerson' | 'blocks'>
  readonly servers: Pick<Questions, 'isMemberAnywhere'>
  /** What other nodes are called, and who is called so. */
  readonly names: { nameOf(node: NodeId): string; nodeNamed(domain: string): NodeId | undefined }
  /** To other nodes. */
  readonly tellAway: (user: UserName) => void
  readonly askAway: (node: NodeId) => void
}

export interface PresenceDoor {
  readonly presence: Presence
  readonly away: AwayPresence & {
    /** Undefined: of this node, or nobody here knows the domain. */
    personNamed(address: string): Person | undefined
  }
  /** Tells the viewer what they see of a user of this node now: their presence, or that they are offline. */
  show(viewer: UserName, subject: UserName, isVisible: boolean): void
}

export const openPresence = async (
  components: PresenceDoorComponents,
  { nodeId }: { readonly nodeId: NodeId },
): Promise<PresenceDoor> => {
  const { fanOut, friends, servers, names, clock, later } = components

  const presence = createPresence({
    clock,
    later,
    choices: await openChoices(components),
    changed: (seen) => {
      const topic = userTopic(seen.user, 'presence')
      const isWatched = fanOut.hasSubscribers(topic)
      fanOut.publish({
        ...messageOf(topic, seen),
        retain: true,
        isWithheldFrom: (sessionKey) => friends.isPresenceHidden(userOfSession(sessionKey), seen.user),
      })
      components.tellAway(seen.user)
      return isWatched
    },
  })

  const away = createAwayPresence({
    clock,
    later,
    addressOf: (person) => addressOf(person, names),
    people: { ...friends, isMemberAnywhere: (person) => servers.isMemberAnywhere(person) },
    ask: (node) => components.askAway(node),
    connectedCount: () => presence.connectedUsers().length,
    publish: (seen, { isHiddenFrom, keeps }) => {
      const topic = presenceTopic(seen.user)
      const isWatched = fanOut.hasSubscribers(topic)
      fanOut.publish({
        ...messageOf(topic, seen),
        ...(keeps === true && { retain: true }),
        isWithheldFrom: (sessionKey) => isHiddenFrom(userOfSession(sessionKey)),
      })
      if (keeps === false) fanOut.publish({ ...removed, topic })
      return isWatched
    },
  })

  return {
    presence,
    away: {
      ...away,
      personNamed: (address) => {
        if (!isPresenceAddress(address)) return undefined
        const at = address.indexOf('@')
        const name = address.slice(at + 1)
        const node = isNodeId(name) ? name : names.nodeNamed(name)
        return node === undefined || node === nodeId ? undefined : personOf(address.slice(0, at) as UserName, node)
      },
    },
    show: (viewer, subject, isVisible) =>
      fanOut.publish({
        ...messageOf(
          userTopic(subject, 'presence'),
          isVisible ? presence.seen(subject) : { user: subject, status: 'offline' },
        ),
        isWithheldFrom: (sessionKey) => userOfSession(sessionKey) !== viewer,
      }),
  }
}

const addressOf = (person: Person, names: PresenceDoorComponents['names']): string => {
  const at = person.indexOf('@')
  return person.slice(0, at + 1) + names.nameOf(person.slice(at + 1) as NodeId)
}

const messageOf = (topic: string, presence: PresenceJson) => ({
  topic,
  payload: Buffer.from(JSON.stringify(presence)),
  qos: 0 as const,
  contentType: 'application/json',
})

/** Takes the retained one away, and tells nobody: who listens was told what is so. */
const removed = { payload: new Uint8Array(0), qos: 0, retain: true, isWithheldFrom: () => true } as const
