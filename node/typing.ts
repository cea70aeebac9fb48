/** Who types, of any node, on the topics of a channel (TOPIC-5). */
import type { OutboundMessage } from '../broker/components.ts'
import { channelTopic } from '../spec/topics.ts'
import { withholding, type FanOut } from './announce.ts'
import type { Friends } from './friends/friends.ts'
import type { ChannelInfo, MemberInfo, Servers } from './servers/servers.ts'

/** Typing is not stored: whoever listens now sees it, at most once. */
export const announceTyping = (
  { servers, fanOut, friends }: { readonly servers: Servers; readonly fanOut: FanOut; readonly friends: Friends },
  { id, server, handle }: ChannelInfo,
  author: Pick<MemberInfo, 'node' | 'member' | 'address' | 'name'>,
): void => {
  const { address, name } = author
  const isWithheldFrom = withholding(friends.withheldFrom(author))
  const payload = toBytes({ channel: id, address, name })
  const topics = [channelTopic({ by: 'id', id }, 'typing')]
  const serverHandle = servers.server(server)?.handle
  if (serverHandle !== undefined) {
    topics.push(channelTopic({ by: 'handle', server: serverHandle, channel: handle }, 'typing'))
  }
  for (const topic of topics) {
    if (!fanOut.hasSubscribers(topic)) continue
    fanOut.publish({
      topic,
      payload,
      qos: 0,
      contentType: 'application/json',
      isWithheldFrom,
    } satisfies OutboundMessage)
  }
}

const toBytes = (value: object): Uint8Array => Buffer.from(JSON.stringify(value))
