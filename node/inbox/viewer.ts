/** One person in one channel: who they are there, what counts for them, what notifies them. */
import { eventIdStamp } from '../../spec/event-id.ts'
import { authorKey, type AuthorKey } from '../../spec/governance/names.ts'
import type { ChannelId, EventId, MemberId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import type { Counts, Level } from '../../spec/inbox.ts'
import type { Mention } from '../../spec/mentions.ts'
import type { Follow } from '../messages/follows.ts'
import type { InboxComponents } from './components.ts'
import { placeKey, type Person, type PersonChange } from './people.ts'
import type { Arrival, Tail } from './tails.ts'

export interface Viewer {
  readonly user: UserName
  readonly channel: ChannelId
  readonly server: ServerId | undefined
  readonly node: NodeId
  readonly member: MemberId
  readonly author: AuthorKey
  readonly roles: ReadonlySet<string>
  /** The marker (INBOX-1). */
  readonly position: number
  /** INBOX-3: what was said before, Unix ms, is history. */
  readonly joinedMs: number
  readonly level: Level
  /** Unix ms; undefined: not muted. */
  readonly mutedUntil: number | undefined
  readonly suppressEveryone: boolean
}

/** How somebody is meant by a message: by name, as the holder of a role, as one of all. */
export type Addressed = 'name' | 'role' | 'everyone' | 'here'

/** A channel, or a thread of it, which the person may follow. */
export interface ViewedPlace {
  readonly channel: ChannelId
  readonly thread?: EventId | undefined
  readonly follow?: Follow | undefined
}

/** Undefined: the user may not read that channel. `joined`: not written down yet when they joined. */
export const viewerOf = (
  { places, clock }: Pick<InboxComponents, 'places' | 'clock'>,
  nodeId: NodeId,
  person: Person,
  { channel, thread, follow }: ViewedPlace,
): { readonly viewer: Viewer; readonly joined: PersonChange | undefined } | undefined => {
  const { user } = person
  const seat = places.authorise(user, channel, 'read', clock.now())
  if (!seat.ok) return undefined
  const server = serverOf(places, channel)
  const where = server ?? channel
  const known = person.joined.get(where)
  const joinedMs = known ?? eventIdStamp(seat.auth).ms
  return {
    joined: known === undefined ? { table: 'joined', key: where, value: joinedMs } : undefined,
    viewer: {
      user,
      channel,
      server,
      node: nodeId,
      member: seat.member,
      author: authorKey(nodeId, seat.member),
      roles: new Set(server === undefined ? [] : places.memberOf(user, server)?.roles),
      position: thread === undefined ? (person.reads.get(channel) ?? 0) : (follow?.position ?? 0),
      joinedMs,
      ...choiceOf(person, { server, channel, thread, isFollowed: follow !== undefined }, clock.now()),
    },
  }
}

/** Undefined: a conversation, which is its own. */
export const serverOf = (
  places: Pick<InboxComponents['places'], 'channel'>,
  channel: ChannelId,
): ServerId | undefined => {
  const server: string | undefined = places.channel(channel)?.server
  return server === channel ? undefined : (server as ServerId | undefined)
}

export interface Choice {
  readonly level: Level
  readonly mutedUntil: number | undefined
  readonly suppressEveryone: boolean
}

/**
 * INBOX-8, INBOX-9: the narrowest place that says something, for each of the three; a muted place mutes what is in it. Of
 * a thread that one follows all notifies, unless it says otherwise itself or its channel notifies of nothing.
 */
export const choiceOf = (
  person: Pick<Person, 'settings'>,
  place: {
    readonly server: ServerId | undefined
    readonly channel: ChannelId
    readonly thread?: EventId | undefined
    readonly isFollowed?: boolean
  },
  nowMs: number,
): Choice => {
  const { server, channel, thread, isFollowed = false } = place
  const own = thread === undefined ? undefined : person.settings.get(placeKey({ channel, thread }))
  const chosen = [
    own,
    person.settings.get(placeKey({ channel })),
    ...(server === undefined ? [] : [person.settings.get(placeKey({ server }))]),
  ].filter((setting) => setting !== undefined)
  const mutedUntil = Math.max(0, ...chosen.map((setting) => setting.mutedUntil ?? 0))
  const level = chosen.find((one) => one.level !== undefined)?.level ?? (server === undefined ? 'all' : 'mentions')
  return {
    level: isFollowed && own?.level === undefined && level !== 'none' ? 'all' : level,
    mutedUntil: mutedUntil > nowMs ? mutedUntil : undefined,
    suppressEveryone: chosen.find((one) => one.suppressEveryone !== undefined)?.suppressEveryone ?? false,
  }
}

/** INBOX-3, INBOX-14: by a message after the marker. O(messages in the tail after the marker). */
export const countsOf = (
  viewer: Viewer,
  { from, arrivals }: Tail,
  { isHidden, inThread }: Pick<InboxComponents, 'isHidden'> & { readonly inThread: boolean },
): Counts => {
  let unread = 0
  let mentions = 0
  for (let at = arrivals.length - 1; at >= 0; at--) {
    const arrival = arrivals[at]
    if (arrival === undefined || arrival.position <= viewer.position) break
    if ((arrival.thread !== undefined) !== inThread) continue
    if (isOwn(viewer, arrival) || isHistory(viewer, arrival)) continue
    if (isHidden(viewer.user, arrival)) continue
    unread++
    const addressed = addressedBy(viewer, arrival.mentions)
    if (addressed !== undefined && addressed !== 'here') mentions++
  }
  return { unread, mentions, more: from > viewer.position }
}

export const isOwn = (viewer: Pick<Viewer, 'node' | 'member'>, author: Pick<Arrival, 'node' | 'member'>): boolean =>
  author.member === viewer.member && author.node === viewer.node

/** INBOX-3: said before they joined, whenever it arrives. */
export const isHistory = ({ joinedMs }: Pick<Viewer, 'joinedMs'>, { id }: Pick<Arrival, 'id'>): boolean =>
  eventIdStamp(id).ms < joinedMs

/** INBOX-7 */
export const addressedBy = (
  { author, roles, suppressEveryone }: Pick<Viewer, 'author' | 'roles' | 'suppressEveryone'>,
  mentions: readonly Mention[],
): Addressed | undefined => {
  if (mentions.length === 0) return undefined
  if (mentions.includes(author)) return 'name'
  if (mentions.some((mention) => roles.has(mention))) return 'role'
  if (suppressEveryone) return undefined
  return mentions.includes('everyone') ? 'everyone' : mentions.includes('here') ? 'here' : undefined
}
