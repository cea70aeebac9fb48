/** Topics of members (spec/topics.md): what may be published, what is delivered, and their names. */
import { isAddress } from './governance/names.ts'
import { isChannelId, isHandle, isUserName } from './identifiers.ts'
import type { ChannelId, Handle, UserName } from './ids.ts'
import { limits } from './limits.ts'

/** A channel as a topic names it: by id, or by the handles of its server and itself (TOPIC-3). */
export type ChannelName =
  | { readonly by: 'id'; readonly id: ChannelId }
  | { readonly by: 'handle'; readonly server: Handle; readonly channel: Handle }

export const commandKinds = ['send', 'say', 'typing'] as const
export type CommandKind = (typeof commandKinds)[number]
export const channelStreams = ['events', 'lines', 'typing'] as const
export type ChannelStream = (typeof channelStreams)[number]
export const userStreams = ['inbox', 'errors', 'reply', 'presence'] as const
export type UserStream = (typeof userStreams)[number]

export type PublishTopic =
  | { readonly kind: CommandKind; readonly channel: ChannelName }
  | { readonly kind: 'call'; readonly user: UserName; readonly method: string }
  | { readonly kind: 'presence'; readonly user: UserName }

export type DeliveryTopic =
  | { readonly kind: ChannelStream; readonly channel: ChannelName }
  /** `reply` also has topics below it: one for each device that wants its own (TOPIC-6). */
  | { readonly kind: UserStream; readonly user: UserName }
  /** Of somebody of another node. */
  | { readonly kind: 'presenceAt'; readonly address: string }

/** TOPIC-4: what a member may publish to; undefined for every other topic. Whether this member may is not asked here. */
export const parsePublishTopic = (topic: string): PublishTopic | undefined => {
  const levels = topic.split('/', 6)
  const [root, second, third, fourth] = levels
  if (root === 'u' && isUserName(second)) {
    if (third === 'presence' && levels.length === 3) return { kind: 'presence', user: second }
    if (third === 'call' && levels.length === 4 && isMethod(fourth))
      return { kind: 'call', user: second, method: fourth }
    return undefined
  }
  return parseChannelTopic(levels, commandKinds)
}

/** TOPIC-5: what the node delivers; undefined for every other topic. */
export const parseDeliveryTopic = (topic: string): DeliveryTopic | undefined => {
  const levels = topic.split('/', limits.topicLevelsMax + 1)
  const [root, second, third] = levels
  if (root === 'u' && isUserName(second)) {
    const kind = userStreams.find((stream) => stream === third)
    if (kind === undefined || levels.length > (kind === 'reply' ? limits.topicLevelsMax : 3)) return undefined
    return { kind, user: second }
  }
  if (
    root === 'u' &&
    second !== undefined &&
    third === 'presence' &&
    levels.length === 3 &&
    isPresenceAddress(second)
  ) {
    return { kind: 'presenceAt', address: second }
  }
  return parseChannelTopic(levels, channelStreams)
}

/** `c/{channelId}/{kind}` or `s/{server}/{channel}/{kind}`. */
const parseChannelTopic = <K extends string>(
  levels: readonly string[],
  kinds: readonly K[],
): { readonly kind: K; readonly channel: ChannelName } | undefined => {
  const [root, second, third, fourth] = levels
  if (root === 'c' && levels.length === 3 && isChannelId(second)) {
    const kind = kinds.find((kind) => kind === third)
    return kind && { kind, channel: { by: 'id', id: second } }
  }
  if (root === 's' && levels.length === 4 && isHandle(second) && isHandle(third)) {
    const kind = kinds.find((kind) => kind === fourth)
    return kind && { kind, channel: { by: 'handle', server: second, channel: third } }
  }
  return undefined
}

export const channelTopic = (channel: ChannelName, kind: CommandKind | ChannelStream): string =>
  channel.by === 'id' ? `c/${channel.id}/${kind}` : `s/${channel.server}/${channel.channel}/${kind}`

export const userTopic = (user: UserName, stream: UserStream): string => `u/${user}/${stream}`

/** TOPIC-12 */
export const presenceTopic = (address: string): string => `u/${address}/presence`

/** An address fits between two slashes, and holds no wildcard. */
export const isPresenceAddress = (text: string): boolean =>
  isAddress(text) && isUserName(text.slice(0, text.indexOf('@')))

export const callTopic = (user: UserName, method: string): string => `u/${user}/call/${method}`

/** CALL-1: `server.create`, `channel.page`. */
export const isMethod = (text: unknown): text is string => typeof text === 'string' && methodPattern.test(text)

const methodPattern = /^[a-z][a-z0-9]{0,31}(?:[.-][a-z0-9]{1,32}){0,3}$/
