/** Topic filters (spec/topics.md): MQTT's own rules first, then which filters a member may hold. */
import { isChannelId, isHandle, isUserName } from './identifiers.ts'
import type { ChannelId, Handle, UserName } from './ids.ts'
import { limits } from './limits.ts'
import { textSize } from './utf8.ts'
import {
  channelStreams,
  commandKinds,
  isPresenceAddress,
  userStreams,
  type ChannelStream,
  type UserStream,
} from './topics.ts'

/** TOPIC-1 and TOPIC-2 (MQTT 4.7.1, 4.7.3, 1.5.4): what is wrong with a filter, for people; undefined: nothing. */
export const checkFilter = (filter: string): string | undefined => {
  if (filter === '') return 'a filter has at least one character'
  if (!filter.isWellFormed() || filter.includes('\0')) return 'a filter is UTF-8 text without NUL'
  if (isLongerThan(filter, limits.topicBytesMax)) return `a filter has at most ${limits.topicBytesMax} bytes`
  const levels = filter.split('/')
  if (levels.length > limits.topicLevelsMax) return `a filter has at most ${limits.topicLevelsMax} levels`
  for (const [i, level] of levels.entries()) {
    if (level.length > 1 && (level.includes('+') || level.includes('#'))) return '+ and # stand alone in their level'
    if (level === '#' && i < levels.length - 1) return '# stands only at the end'
  }
  return undefined
}

/** TOPIC-1: the same for a topic that is published or delivered: no wildcards. */
export const checkTopic = (topic: string): string | undefined =>
  topic.includes('+') || topic.includes('#') ? 'a topic has no wildcards' : checkFilter(topic)

/** MQTT 4.7.1 and 4.7.2: `$…` topics are not matched by a wildcard in the first level. Both must be valid. */
export const filterMatches = (filter: string, topic: string): boolean => {
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false
  const levels = topic.split('/')
  const patterns = filter.split('/')
  for (const [i, pattern] of patterns.entries()) {
    if (pattern === '#') return true
    const level = levels[i]
    if (level === undefined || (pattern !== '+' && pattern !== level)) return false
  }
  return patterns.length === levels.length
}

export type FilterScope =
  | { readonly kind: 'channel'; readonly channel: ChannelId; readonly streams: readonly ChannelStream[] }
  /** `channel` undefined: a wildcard; the node delivers of the server's channels what the member may read. */
  | {
      readonly kind: 'server'
      readonly server: Handle
      readonly channel: Handle | undefined
      readonly streams: readonly ChannelStream[]
    }
  | { readonly kind: 'own'; readonly streams: readonly UserStream[] }
  /** `user` undefined: a wildcard; the node delivers whom the member may see. */
  | { readonly kind: 'presence'; readonly user: UserName | undefined }
  /** Of somebody of another node. */
  | { readonly kind: 'presenceAt'; readonly address: string }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * TOPIC-7 to TOPIC-10: which filters `me` may hold. Everything that an accepted filter can match is either inside the
 * scope told here or never delivered (commands). Whether a channel or a presence may be read is asked per topic.
 */
export const filterScope = (filter: string, me: UserName): FilterScope => {
  const fault = checkFilter(filter)
  if (fault !== undefined) return refused(fault)
  const [root, second, ...below] = filter.split('/')
  if (root === 'c') return channelScope(second, below)
  if (root === 's') return serverScope(filter, second, below)
  if (root === 'u') return userScope(filter, me, second, below)
  if (root === '$share') return refused('shared subscriptions are not offered here')
  return refused('subscribe below c/{channel}, s/{server} or u/{you}')
}

/** TOPIC-7: literal, stream by stream. */
const channelScope = (channel: string | undefined, below: readonly string[]): FilterScope => {
  if (!isChannelId(channel)) return refused('c/ is followed by one channel id; name the server in s/{server}/# for all')
  const stream = channelStreams.find((stream) => stream === below[0])
  if (stream !== undefined && below.length === 1) return { kind: 'channel', channel, streams: [stream] }
  return refused(commandOr(below[0], 'a channel has events, lines and typing'))
}

/** TOPIC-8: a literal server, wildcards only below it. */
const serverScope = (filter: string, server: string | undefined, below: readonly string[]): FilterScope => {
  if (!isHandle(server)) return refused('s/ is followed by the handle of one server')
  const [level, stream] = below
  const channel = level === '+' || level === '#' ? undefined : level
  if (channel !== undefined && !isHandle(channel)) return refused('no such topic')
  const streams = channelStreams.filter((stream) => filterMatches(filter, `s/${server}/${channel ?? 'any'}/${stream}`))
  if (streams.length === 0) return refused(commandOr(stream, 'a channel has events, lines and typing'))
  return { kind: 'server', server, channel, streams }
}

/** TOPIC-9: one's own topics, with wildcards below; TOPIC-10: of others the presence only. */
const userScope = (filter: string, me: UserName, user: string | undefined, below: readonly string[]): FilterScope => {
  if (user !== undefined && isPresenceAddress(user)) {
    const isPresence = below.length === 1 && below[0] === 'presence'
    return isPresence ? { kind: 'presenceAt', address: user } : refused(presenceOnly)
  }
  if (user !== '+' && !isUserName(user)) return refused('u/ is followed by a user name')
  const streams = userStreams.filter((stream) => filterMatches(filter, `u/${user}/${stream}`))
  const isOwnReply = below[0] === 'reply' && below.length > 1
  if (user !== me) {
    const other = user === '+' ? undefined : user
    if (below.length === 1 && below[0] === 'presence') return { kind: 'presence', user: other }
    return refused(presenceOnly)
  }
  if (isOwnReply) return { kind: 'own', streams: ['reply'] }
  if (streams.length > 0) return { kind: 'own', streams }
  return refused(commandOr(below[0], 'you have inbox, errors, reply and presence'))
}

const presenceOnly = 'of other people only u/{user}/presence can be subscribed'

const commandOr = (level: string | undefined, otherwise: string): string =>
  level === 'call' || (commandKinds.some((kind) => kind === level) && level !== 'typing')
    ? 'commands are published, not subscribed'
    : otherwise

const refused = (reason: string): FilterScope => ({ kind: 'refused', reason })

/** In UTF-8; counts only where the UTF-16 length leaves a doubt. */
const isLongerThan = (text: string, bytesMax: number): boolean =>
  text.length > bytesMax || (text.length * 3 > bytesMax && textSize(text) > bytesMax)
