/** Who of those with whom one has a DM is here: asked now and then, as a token may not subscribe to presence. */
import { who } from '../../spec/calls/who.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import type { PresentStatus } from '../../spec/presence.ts'
import type { Session } from '../sdk/index.ts'

export interface WhoIsHere {
  /** Of the other one, when one other is here. */
  status(channel: ChannelId): PresentStatus | undefined
  /** Asks again. What is refused, or lost with the connection, is not known then. */
  look(channels: readonly ChannelId[]): Promise<void>
}

/** Of more DMs than this only the first are looked at: those that were written in last. */
const lookedAtMax = 30

export const createWhoIsHere = (session: Pick<Session, 'call' | 'user' | 'address'>): WhoIsHere => {
  let known: ReadonlyMap<ChannelId, PresentStatus> = new Map()

  const ask = async (channel: ChannelId): Promise<readonly [ChannelId, PresentStatus][]> => {
    try {
      const { online } = await session.call(who, { channel })
      const others = online.filter(({ address }) => address !== session.address)
      const [other] = others.length === 1 ? others : []
      return other === undefined ? [] : [[channel, other.status]]
    } catch (error) {
      if (error instanceof HearthError) return []
      throw error
    }
  }

  return {
    status: (channel) => known.get(channel),
    look: async (channels) => {
      const found = await Promise.all(channels.slice(0, lookedAtMax).map(ask))
      known = new Map(found.flat())
    },
  }
}
