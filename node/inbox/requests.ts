/** What the room of friends tells people: requests are kept in the inbox until they are settled, the rest is told as it is. */
import type { ChannelId, UserName } from '../../spec/ids.ts'
import type { Author } from '../servers/servers.ts'
import type { Inbox } from './create-inbox.ts'
import type { ItemRow } from './items.ts'

/** FRIEND-21, as far as the inbox keeps it. */
export type RequestNotice =
  | { readonly type: 'friend.request' | 'friend.accepted'; readonly from: Author }
  | { readonly type: 'friend.changed'; readonly address: string }
  | {
      readonly type: 'dm.opened' | 'dm.changed'
      readonly conversation: {
        readonly channel: ChannelId
        readonly request: boolean
        readonly people: readonly Author[]
      }
    }
  | { readonly type: 'dm.closed'; readonly channel: ChannelId }

/** INBOX-10: one entry for each person who asks, gone once it is answered, whoever answers on whatever device. */
export const takeNotice = (
  inbox: Pick<Inbox, 'add' | 'withdraw'>,
  send: (user: UserName, message: { readonly type: string }) => void,
  user: UserName,
  notice: RequestNotice,
  failed: (error: unknown) => void = () => undefined,
): void => {
  const keep = (): Promise<unknown> => {
    switch (notice.type) {
      case 'friend.request':
      case 'friend.accepted': {
        const { address, name } = notice.from
        return inbox.add(user, { kind: notice.type, from: { address, name }, key: `friend/${address}` })
      }
      case 'friend.changed':
        send(user, notice)
        return inbox.withdraw(user, `friend/${notice.address}`)
      case 'dm.closed':
        send(user, notice)
        return inbox.withdraw(user, `dm/${notice.channel}`)
      case 'dm.opened':
      case 'dm.changed':
        break
    }
    send(user, notice)
    const { channel, request, people } = notice.conversation
    if (!request) return inbox.withdraw(user, `dm/${channel}`)
    if (notice.type === 'dm.changed') return Promise.resolve()
    return inbox.add(user, { ...messageRequest(user, { channel, people }), key: `dm/${channel}` })
  }
  keep().catch(failed)
}

/** What waits for a person's answer, as the room of friends has it, by the key of its entry. */
export const pendingRequests = (
  user: UserName,
  asked: {
    readonly friends: readonly (Author & { readonly standing: string })[]
    readonly conversations: readonly {
      readonly channel: ChannelId
      readonly request: boolean
      readonly people: readonly Author[]
    }[]
  },
): ReadonlyMap<string, RequestItem> => {
  const pending = new Map<string, RequestItem>()
  for (const { address, name, standing } of asked.friends) {
    if (standing === 'incoming') pending.set(`friend/${address}`, { kind: 'friend.request', from: { address, name } })
  }
  for (const conversation of asked.conversations) {
    if (conversation.request) pending.set(`dm/${conversation.channel}`, messageRequest(user, conversation))
  }
  return pending
}

type RequestItem = Pick<ItemRow, 'kind' | 'from' | 'data'>

const messageRequest = (
  user: UserName,
  { channel, people }: { readonly channel: ChannelId; readonly people: readonly Author[] },
): RequestItem => {
  const from = people.find(({ address }) => !address.startsWith(`${user}@`))
  return {
    kind: 'message.request',
    ...(from !== undefined && { from: { address: from.address, name: from.name } }),
    data: { channel },
  }
}
