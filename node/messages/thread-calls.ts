/** `thread.*` (MSGS-11). */
import { isAnnotationType } from '../../spec/annotations.ts'
import { threadFollow } from '../../spec/calls/thread.follow.ts'
import { threadList } from '../../spec/calls/thread.list.ts'
import { threadShow } from '../../spec/calls/thread.show.ts'
import { threadUnfollow } from '../../spec/calls/thread.unfollow.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId, UserName } from '../../spec/ids.ts'
import { relationKinds } from '../../spec/relations.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { Entry } from '../log/log.ts'
import type { Principal } from '../principal.ts'
import type { MessageCallsParts } from './calls.ts'
import type { Follows, ThreadRef } from './follows.ts'
import { allIds, findChannelOf, requireRead } from './places.ts'

export interface ThreadCallsParts extends MessageCallsParts {
  readonly follows: Follows
  readonly told: (user: UserName, at: ThreadRef, isFollowed: boolean) => void
}

export const threadCalls = (parts: ThreadCallsParts): CallHandler[] => {
  const { log, servers, states, ingest, follows, show, told } = parts

  const enter = (principal: Principal, name: string): ChannelId => {
    const { id } = findChannelOf(servers, principal.user, name)
    requireRead(ingest, principal, id)
    return id
  }

  /** A thread is kept for a person, not for an app token. */
  const requireThread = async (principal: Principal, name: string, root: EventId): Promise<ThreadRef> => {
    if (principal.scope !== undefined) throw new HearthError('NOT_ALLOWED', 'an app token follows no threads')
    const channel = enter(principal, name)
    const [message] = await log.entries(channel, [root])
    if (message === undefined || isAnnotationType(message.type) || !servers.covers(message)) {
      throw new HearthError('NOT_FOUND', 'there is no such message')
    }
    return { channel, thread: root }
  }

  const shown = async (principal: Principal, channel: ChannelId, messages: readonly Entry[]) =>
    show(principal.user, messages, await states.ofEach(channel, messages))

  const isFollowing = ({ user }: Principal, channel: ChannelId, thread: EventId): boolean =>
    follows.get(user, { channel, thread }) !== undefined

  return [
    answer(threadList, async (principal, { channel: name, before, limit }) => {
      const channel = enter(principal, name)
      const range = { from: allIds.from, to: before ?? allIds.to, reverse: true, limit: limit + 1 }
      const roots = (await log.targets(channel, relationKinds.thread, range)).filter((root) => root !== before)
      const page = roots.slice(0, limit)
      const events = await shown(principal, channel, await log.entries(channel, page))
      const next = roots.length > limit ? page.at(-1) : undefined
      return {
        threads: events.map((root) => ({ root, following: isFollowing(principal, channel, root.id) })),
        ...(next !== undefined && { next }),
      }
    }),
    answer(threadShow, async (principal, { channel: name, thread, before, limit }) => {
      const channel = enter(principal, name)
      const range = { from: thread, to: thread, reverse: true, limit, ...(before !== undefined && { before }) }
      const rows = await log.related(channel, relationKinds.thread, range)
      const replies = await log.entries(channel, rows.map(({ id }) => id).toReversed())
      const [root] = await shown(principal, channel, await log.entries(channel, [thread]))
      const next = rows.length === limit ? rows.at(-1)?.id : undefined
      return {
        ...(root !== undefined && { root }),
        events: await shown(principal, channel, replies),
        ...(next !== undefined && { next }),
        following: isFollowing(principal, channel, thread),
      }
    }),
    answer(threadFollow, async (principal, { channel, thread }) => {
      const at = await requireThread(principal, channel, thread)
      await follows.follow(principal.user, { ...at, position: log.position })
      told(principal.user, at, true)
      return {}
    }),
    answer(threadUnfollow, async (principal, { channel, thread }) => {
      const at = await requireThread(principal, channel, thread)
      await follows.unfollow(principal.user, at)
      told(principal.user, at, false)
      return {}
    }),
  ]
}
