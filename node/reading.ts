/** The calls that read channels: `history`, `catchup`, `who`. */
import { catchup } from '../spec/calls/catchup.ts'
import { history } from '../spec/calls/history.ts'
import { who } from '../spec/calls/who.ts'
import { HearthError } from '../spec/errors.ts'
import type { ChannelId, UserName } from '../spec/ids.ts'
import type { EventJson } from '../spec/message.ts'
import { answer, type CallHandler } from './calls.ts'
import type { Friends } from './friends/friends.ts'
import type { Ingest } from './ingest.ts'
import type { Entry, Log } from './log/log.ts'
import type { Messages } from './messages/open-messages.ts'
import type { Principal } from './principal.ts'
import type { Render } from './render.ts'
import type { Questions } from './servers/servers.ts'

export interface ReadingComponents {
  readonly log: Pick<Log, 'since' | 'position'>
  readonly messages: Pick<Messages, 'page' | 'look'>
  readonly ingest: Pick<Ingest, 'allows'>
  readonly servers: Pick<Questions, 'channelsOf' | 'may' | 'memberOf' | 'channel'>
  /** Whom the reader does not hear, and does not see (FRIEND-8, FRIEND-9). */
  readonly friends: Pick<Friends, 'hides' | 'isPresenceHidden'>
  readonly render: Render
  readonly present: () => readonly UserName[]
}

export const readingCalls = (components: ReadingComponents): CallHandler[] => {
  const { log, messages, ingest, servers, friends, render, present } = components
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
      return messages.page(principal.user, channel, anchor, limit)
    }),
    answer(catchup, async (principal, { channels, from, limit }) => {
      for (const channel of channels ?? []) requireRead(principal, channel)
      if (from === undefined) return { events: [], to: log.position, more: false }
      const { entries, to } = await log.since(new Set(channels ?? readable(principal)), from, limit)
      return { events: await eventsOf(principal.user, entries), to, more: to < log.position }
    }),
    answer(who, (principal, { channel }) => {
      requireRead(principal, channel)
      const server = servers.channel(channel)?.server
      const online = present().flatMap((user) => {
        if (friends.isPresenceHidden(principal.user, user)) return []
        const member = server === undefined ? undefined : servers.memberOf(user, server)
        return member !== undefined && servers.may(user, channel, 'read') ? [{ address: member.address }] : []
      })
      return Promise.resolve({ online: online.sort((a, b) => (a.address < b.address ? -1 : 1)) })
    }),
  ]
}
