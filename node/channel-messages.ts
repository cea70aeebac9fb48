/** What goes out of a channel: its topics, and a message for each of them. */
import type { OutboundMessage } from '../broker/components.ts'
import type { ChannelId } from '../spec/ids.ts'
import { limits } from '../spec/limits.ts'
import { channelTopic } from '../spec/topics.ts'
import type { Entry } from './log/log.ts'
import type { Rendered } from './render.ts'
import type { ChannelInfo, Servers } from './servers/servers.ts'

export interface StreamTopic {
  readonly stream: 'events' | 'lines'
  readonly topic: string
}

/** A channel as far as its topics go. */
export type NamedChannel = Pick<ChannelInfo, 'id' | 'server' | 'handle'>

export type TopicsOf = (channel: NamedChannel) => readonly StreamTopic[]

/** Handles are fixed, so a channel's topics are made once; past `keptMax` the one that was made first is forgotten. */
export const keepTopics = (servers: Pick<Servers, 'server'>, keptMax: number = limits.topicsKeptMax): TopicsOf => {
  const kept = new Map<ChannelId, readonly StreamTopic[]>()
  return (channel) => {
    const known = kept.get(channel.id)
    if (known !== undefined) return known
    const topics = topicsOfChannel(servers, channel)
    if (kept.size >= keptMax) kept.delete(kept.keys().next().value ?? channel.id)
    kept.set(channel.id, topics)
    return topics
  }
}

/** A channel by id and by handle, as people subscribe it (TOPIC-3). */
const topicsOfChannel = (
  servers: Pick<Servers, 'server'>,
  { id, server, handle }: NamedChannel,
): readonly StreamTopic[] => {
  const serverHandle = servers.server(server)?.handle
  const names = [
    { by: 'id', id } as const,
    ...(serverHandle === undefined ? [] : [{ by: 'handle', server: serverHandle, channel: handle } as const]),
  ]
  return names.flatMap((name) =>
    (['events', 'lines'] as const).map((stream) => ({ stream, topic: channelTopic(name, stream) })),
  )
}

/** Bytes made once for all topics of a stream, and only where somebody listens. */
export const payloadsOf = (rendered: Rendered): Record<StreamTopic['stream'], () => Uint8Array | undefined> => {
  let events: Uint8Array | undefined
  let lines: Uint8Array | undefined
  const makeLines = (): Uint8Array | undefined => {
    const { line } = rendered
    return line === undefined ? undefined : Buffer.from(line)
  }
  return {
    events: () => (events ??= Buffer.from(rendered.json)),
    lines: () => (lines ??= makeLines()),
  }
}

export const messageOf = (
  { id, position }: Entry,
  { author }: Rendered,
  { topic, stream, payload }: StreamTopic & { readonly payload: Uint8Array },
): OutboundMessage => ({
  topic,
  payload,
  qos: 1,
  position,
  userProperties: [
    ['id', id],
    ['author', author],
  ],
  contentType: stream === 'events' ? 'application/json' : 'text/plain',
})
