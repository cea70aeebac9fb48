/** The calls that read channels: `history`, `catchup`, `who`. */
import { catchup } from '../spec/calls/catchup.ts'
import { history } from '../spec/calls/history.ts'
import { who } from '../spec/calls/who.ts'
import { isConversationId } from '../spec/conversation.ts'
import { HearthError } from '../spec/errors.ts'
import { eventIdStamp } from '../spec/event-id.ts'
import type { ChannelId, UserName } from '../spec/ids.ts'
import type { EventJson } from '../spec/message.ts'
import type { PresenceJson, PresentStatus } from '../spec/presence.ts'
import { answer, type CallHandler } from './calls.ts'
import type { Friends } from './friends/friends.ts'
import type { Ingest } from './ingest.ts'
import type { Entry, Log } from './log/log.ts'
import type { Messages } from './messages/open-messages.ts'
import type { AwayPresence } from './presence/away.ts'
import type { Presence } from './presence/presence.ts'
import type { Principal } from './principal.ts'
import type { Render } from './render.ts'
import type { Questions } from './servers/servers.ts'

export interface ReadingComponents {
  readonly log: Pick<Log, 'since' | 'position' | 'beginningOf'>
  readonly messages: Pick<Messages, 'page' | 'look'>
  readonly ingest: Pick<Ingest, 'allows'>
  readonly servers: Pick<Questions, 'channelsOf' | 'may' | 'memberOf' | 'memberNamed' | 'memberMay' | 'channel'>
  /** Whom the reader does not hear, and does not see (FRIEND-8, FRIEND-9). */
  readonly friends: Pick<Friends, 'hides' | 'isPresenceHidden' | 'maySeePresence'>
  readonly render: Render
  readonly presence: Pick<Presence, 'present' | 'seen'>
  readonly presenceAway: Pick<AwayPresence, 'present' | 'seenBy'>
}

export const readingCalls = (components: ReadingComponents): CallHandler[] => {
  const { log, messages, ingest, servers, friends, render, presence, presenceAway } = components
  const requireRead = (principal: Principal, channel: ChannelId): void => {
    const allowed = ingest.allows(principal, channel, 'read')
    if (!allowed.ok) throw new HearthError(allowed.code, allowed.reason)
  }
  const eventsOf = async (reader: UserName, entries: readonly Entry[]): Promise<EventJson[]> => {
    const look = await messages.look(entries)
    return entries.flatMap((entry) => {
      if (friends.hides(reader, entry)) return []
      const rendered = look.counts(entry) ? render(entry) : undefined
      return rendered === undefined ? [] : [JSON.parse(rendered.json) as EventJson]
    })
  }
  const readable = (principal: Principal): ChannelId[] =>
    servers
      .channelsOf(principal.user)
      .map(({ id }) => id)
      .filter((id) => ingest.allows(principal, id, 'read').ok)

  return [
    answer(history, async (principal, { channel, limit, before, after, around }) => {
      requireRead(principal, channel)
      const anchor = {
        ...(before !== undefined && { before }),
        ...(after !== undefined && { after }),
        ...(around !== undefined && { around }),
      }
      const page = await messages.page(principal.user, channel, anchor, limit)
      const begins = log.beginningOf(channel)
      return { ...page, ...(begins !== undefined && { begins: eventIdStamp(begins).ms }) }
    }),
    answer(catchup, async (principal, { channels, from, limit }) => {
      for (const channel of channels ?? []) requireRead(principal, channel)
      if (from === undefined) return { events: [], to: log.position, more: false }
      const { entries, to } = await log.since(new Set(channels ?? readable(principal)), from, limit)
      return { events: await eventsOf(principal.user, entries), to, more: to < log.position }
    }),
    answer(who, (principal, { channel }) => {
      requireRead(principal, channel)
      const online = presentIn(channel, principal.user)
      return Promise.resolve({ online: online.sort((a, b) => (a.address < b.address ? -1 : 1)) })
    }),
  ]

  /** Of this node and of others, as far as the viewer may see them. */
  function presentIn(channel: ChannelId, viewer: UserName): PresentMember[] {
    const server = servers.channel(channel)?.server
    if (server === undefined) return []
    const here = presence.present().flatMap((user) => {
      const isSeen = user === viewer || friends.maySeePresence(viewer, user)
      if (!isSeen || friends.isPresenceHidden(viewer, user)) return []
      const address = servers.memberOf(user, server)?.address
      return address !== undefined && servers.may(user, channel, 'read') ? presentAs(address, presence.seen(user)) : []
    })
    const isShared = !isConversationId(channel)
    const away = presenceAway.present().flatMap((person) => {
      const member = servers.memberNamed(server, person)
      if (member === undefined || !servers.memberMay(member, channel, 'read')) return []
      return presentAs(member.address, presenceAway.seenBy(viewer, person, isShared))
    })
    return [...here, ...away]
  }
}

interface PresentMember {
  readonly address: string
  readonly status: PresentStatus
}

const presentAs = (address: string, presence: PresenceJson | undefined): PresentMember[] =>
  presence === undefined || presence.status === 'offline' ? [] : [{ address, status: presence.status }]
