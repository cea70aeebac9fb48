/**
 * Committed entries to whoever listens. It follows the log, never the request, so what came in through any door (MQTT,
 * another node, XMPP) leaves through this one.
 */
import type { Backlog, OutboundMessage } from '../broker/components.ts'
import { isGovernanceType } from '../spec/governance/acts.ts'
import type { ChannelId, UserName } from '../spec/ids.ts'
import { userTopic } from '../spec/topics.ts'
import { createBacklogReader, type BacklogComponents } from './backlog.ts'
import { keepTopics, messageOf, payloadsOf } from './channel-messages.ts'
import type { Friends } from './friends/friends.ts'
import type { Entry, Log } from './log/log.ts'
import { noLook, type Look } from './messages/judge.ts'
import type { Messages } from './messages/open-messages.ts'
import type { Login } from './policy.ts'
import type { Render } from './render.ts'
import type { Servers } from './servers/servers.ts'

/** The fan-out, as far as it is needed here. */
export interface FanOut {
  publish(message: OutboundMessage): void
  hasSubscribers(topic: string): boolean
}

export interface AnnounceComponents {
  readonly log: Pick<Log, 'onCommitted' | 'position' | 'since'>
  readonly servers: BacklogComponents['servers'] & Pick<Servers, 'apply' | 'server' | 'governedBy' | 'memberOf'>
  /** Whom somebody's words do not reach (FRIEND-8). */
  readonly friends: Pick<Friends, 'hides' | 'withheldFrom'>
  readonly render: Render
  readonly fanOut: FanOut
  readonly messages: Pick<Messages, 'committed' | 'look'>
  /** Who is connected: they are told when one of their servers changes. */
  readonly present: () => readonly UserName[]
}

export interface Announce extends Backlog<Login> {
  /** Applies governance, then announces, batch by batch from here on. Returns the stop. */
  start(): () => void
}

export const createAnnounce = (components: AnnounceComponents): Announce => {
  const { log, servers, friends, render, fanOut, messages, present } = components
  let position = log.position
  const topicsOf = keepTopics(servers)

  const announce = (entry: Entry, look: Look): void => {
    if (!look.counts(entry)) return
    const channel = servers.channel(entry.channel)
    if (channel === undefined) return
    const heard = topicsOf(channel).filter(({ topic }) => fanOut.hasSubscribers(topic))
    if (heard.length === 0) return
    const rendered = render(entry, look.shown(entry))
    if (rendered === undefined) return
    const payloads = payloadsOf(rendered)
    const isWithheldFrom = withholding(friends.withheldFrom(entry))
    for (const { topic, stream } of heard) {
      const payload = payloads[stream]()
      if (payload === undefined) continue
      fanOut.publish({ ...messageOf(entry, rendered, { topic, stream, payload }), isWithheldFrom })
    }
  }

  const tellMembers = (changed: ReadonlySet<ChannelId>): void => {
    for (const server of new Set([...changed].flatMap((channel) => servers.governedBy(channel) ?? []))) {
      const payload = Buffer.from(JSON.stringify({ type: 'server.changed', server: server.id, handle: server.handle }))
      for (const user of present()) {
        const topic = userTopic(user, 'inbox')
        if (!fanOut.hasSubscribers(topic) || servers.memberOf(user, server.id) === undefined) continue
        fanOut.publish({ topic, payload, qos: 1, contentType: 'application/json' })
      }
    }
  }

  const announceAll = (entries: readonly Entry[], look: Look): void => {
    const governance = new Set<ChannelId>()
    for (const entry of entries) {
      position = entry.position
      if (isGovernanceType(entry.type)) governance.add(entry.channel)
      else announce(entry, look)
    }
    if (governance.size > 0) tellMembers(governance)
  }

  /** The batch before, while what is about its messages is looked up: batches are announced in their order. */
  let before: Promise<void> | undefined

  return {
    get position() {
      return position
    },
    start: () => {
      position = log.position
      return log.onCommitted((entries) => {
        servers.apply(entries)
        const looking = messages.committed(entries)
        if (looking === undefined && before === undefined) return announceAll(entries, noLook)
        const turn = (before ?? Promise.resolve()).then(async () => announceAll(entries, (await looking) ?? noLook))
        before = turn
        void turn.finally(() => {
          if (before === turn) before = undefined
        })
      })
    },
    read: createBacklogReader({ ...components, topicsOf, position: () => position }),
  }
}

/** For the fan-out: the sessions of these users. */
export const withholding = (users: ReadonlySet<UserName> | undefined): ((sessionKey: string) => boolean) | undefined =>
  users && ((sessionKey) => users.has(userOfSession(sessionKey)))

/** ACC-19: session keys begin with the user. */
export const userOfSession = (sessionKey: string): UserName => sessionKey.slice(0, sessionKey.indexOf(':')) as UserName
