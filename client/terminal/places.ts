import { HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import { dmList } from '../../spec/calls/dm.list.ts'
import { channelList } from '../../spec/calls/channel.list.ts'
import { serverList } from '../../spec/calls/server.list.ts'
import type { Session } from '../sdk/index.ts'
import { cleanLine } from './clean-text.ts'

/** A channel that this login can read. */
export interface Channel {
  readonly id: ChannelId
  readonly server: string
  readonly handle: string
  readonly topic: string
  /** A DM or a group: no channel of a server. */
  readonly isDirect?: true | undefined
}

/** The channels of a login, as far as the node lists them. */
export interface Places {
  /** What was listed last. */
  readonly known: readonly Channel[]
  /**
   * Lists them anew. A session with an app token may be refused that (NOT_ALLOWED) though it may read and send: then
   * what a login by password saw last counts. Throws HearthError.
   */
  load(session: Session): Promise<readonly Channel[]>
}

export const createPlaces = (remembered: readonly Channel[]): Places => {
  let known = remembered
  return {
    get known() {
      return known
    },
    load: async (session) => {
      try {
        known = await listChannels(session)
      } catch (error) {
        if (!(error instanceof HearthError) || error.code !== 'NOT_ALLOWED') throw error
      }
      return known
    },
  }
}

/** All channels of all servers, by server, in the order of the node. */
const listChannels = async (session: Session): Promise<Channel[]> => {
  const { servers } = await session.call(serverList, {})
  const lists = await Promise.all(
    servers.map(async (server) => {
      const { channels } = await session.call(channelList, { server: server.handle })
      return channels
        .filter(({ archived }) => !archived)
        .map(({ id, handle, topic }) => ({ id, server: server.handle, handle, topic: cleanLine(topic) }))
    }),
  )
  return [...lists.flat(), ...(await listConversations(session))]
}

/** DMs and groups stand together, after the servers, by the names of the others. */
const listConversations = async (session: Session): Promise<Channel[]> => {
  const { conversations } = await session.call(dmList, {})
  return conversations.map(({ channel, name, people }): Channel => {
    const others = people.filter((person) => person.name !== session.user).map((person) => person.name)
    return {
      id: channel,
      server: 'direct',
      handle: cleanLine(name === '' ? others.join(', ') : name),
      topic: '',
      isDirect: true,
    }
  })
}

/** `#general`, `general` or `server/general`; `@bob` of a DM. Throws NOT_FOUND, or BAD_REQUEST when several servers have it. */
export const findChannel = (channels: readonly Channel[], name: string): Channel => {
  const wanted = name.replace(/^@/, '').replace('#', '')
  const found = channels.filter(
    ({ server, handle, isDirect }) =>
      (wanted === handle || wanted === `${server}/${handle}`) && (!name.startsWith('@') || isDirect === true),
  )
  if (found.length === 1) return found[0]!
  const names = (found.length === 0 ? channels : found).map(({ server, handle }) => `${server}/${handle}`).join(', ')
  if (found.length === 0)
    throw new HearthError('NOT_FOUND', `you see no channel ${name}; there is ${names === '' ? 'none' : names}`)
  throw new HearthError('BAD_REQUEST', `${name} can be ${names}: say which`)
}
