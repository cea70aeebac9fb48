/** What a persistent session missed, read from the log in the order of arrival. */
import type { Backlog } from '../broker/components.ts'
import { filterMatches } from '../spec/filters.ts'
import type { ChannelId } from '../spec/ids.ts'
import { parseDeliveryTopic } from '../spec/topics.ts'
import { messageOf, payloadsOf, type NamedChannel, type StreamTopic, type TopicsOf } from './channel-messages.ts'
import type { Friends } from './friends/friends.ts'
import type { Log } from './log/log.ts'
import type { Messages } from './messages/open-messages.ts'
import type { Login } from './policy.ts'
import type { Principal } from './principal.ts'
import type { Render } from './render.ts'
import type { Servers } from './servers/servers.ts'

export interface BacklogComponents {
  readonly log: Pick<Log, 'since'>
  readonly servers: Pick<Servers, 'channel' | 'channelByHandles' | 'channelsOf' | 'may'>
  /** Whom somebody's words do not reach (FRIEND-8). */
  readonly friends: Pick<Friends, 'hides'>
  readonly render: Render
  readonly messages: Pick<Messages, 'look'>
  readonly topicsOf: TopicsOf
  /** What was announced so far. */
  readonly position: () => number
}

export const createBacklogReader = (components: BacklogComponents): Backlog<Login>['read'] => {
  const { log, servers, friends, render, messages, topicsOf, position } = components

  /** By name where a filter has no wildcards; otherwise all channels of the user are looked at. */
  const channelsFor = ({ user }: Principal, filters: readonly string[]): Iterable<NamedChannel> => {
    if (filters.some((filter) => isWild(filter) && !filter.startsWith('u/'))) return servers.channelsOf(user)
    const found = filters.flatMap((filter) => {
      const topic = parseDeliveryTopic(filter)
      if (topic?.kind !== 'events' && topic?.kind !== 'lines') return []
      const { channel: name } = topic
      const channel = name.by === 'id' ? servers.channel(name.id) : servers.channelByHandles(name.server, name.channel)
      return channel !== undefined && servers.may(user, channel.id, 'read') ? [channel] : []
    })
    return new Map(found.map((channel) => [channel.id, channel])).values()
  }

  const wantedOf = (
    principal: Principal,
    filters: readonly string[],
  ): ReadonlyMap<ChannelId, readonly StreamTopic[]> => {
    const wanted = new Map<ChannelId, readonly StreamTopic[]>()
    const matches = matcherOf(filters)
    for (const channel of channelsFor(principal, filters)) {
      if (principal.scope?.channels?.includes(channel.id) === false) continue
      const topics = topicsOf(channel).filter(({ topic }) => matches(topic))
      if (topics.length > 0) wanted.set(channel.id, topics)
    }
    return wanted
  }

  return async ({ principal }, filters, from, limit) => {
    const wanted = wantedOf(principal, filters)
    if (wanted.size === 0 || principal.scope?.read === false) return { messages: [], to: position() }
    const { entries, to } = await log.since(new Set(wanted.keys()), from, limit)
    const look = await messages.look(entries)
    const replayed = entries.flatMap((entry) => {
      if (friends.hides(principal.user, entry)) return []
      const rendered = look.counts(entry) ? render(entry) : undefined
      if (rendered === undefined) return []
      const payloads = payloadsOf(rendered)
      return (wanted.get(entry.channel) ?? []).flatMap(({ topic, stream }) => {
        const payload = payloads[stream]()
        return payload === undefined ? [] : [messageOf(entry, rendered, { topic, stream, payload })]
      })
    })
    return { messages: replayed, to }
  }
}

const isWild = (filter: string): boolean => filter.includes('+') || filter.includes('#')

const matcherOf = (filters: readonly string[]): ((topic: string) => boolean) => {
  const exact = new Set(filters)
  const wild = filters.filter(isWild)
  return (topic) => exact.has(topic) || wild.some((filter) => filterMatches(filter, topic))
}
