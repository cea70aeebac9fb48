/** Which threads a user follows (MSGS-11), kept at the user's node. */
import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import type { EventId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { eventIdField } from '../../spec/message.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'

export interface Follows {
  /** QUOTA past `limits.threadsFollowedMax`. */
  follow(user: UserName, root: EventId): Promise<void>
  /** It is remembered, so that answering does not follow again. */
  unfollow(user: UserName, root: EventId): Promise<void>
  /** Whoever answers follows, unless it was said otherwise or the limit is reached. */
  answered(user: UserName, root: EventId): void
  follows(user: UserName, root: EventId): boolean
  followers(root: EventId): readonly UserName[]
}

const record = z.strictObject({ follows: z.array(eventIdField), left: z.array(eventIdField) })
const nothing: z.output<typeof record> = { follows: [], left: [] }

export const createFollows = async (store: Store): Promise<Follows> => {
  const records = await createRecords(store, 'threads', record)
  const byRoot = new Map<EventId, Set<UserName>>()
  for (const [user, { follows }] of records.all()) for (const root of follows) add(byRoot, root, user as UserName)

  const follow = async (user: UserName, root: EventId): Promise<void> => {
    await records.update(user, (old = nothing) => {
      if (old.follows.includes(root)) return old
      if (old.follows.length >= limits.threadsFollowedMax) {
        throw new HearthError('QUOTA', `you follow ${limits.threadsFollowedMax} threads; leave one first`)
      }
      return { follows: [...old.follows, root], left: old.left.filter((one) => one !== root) }
    })
    add(byRoot, root, user)
  }

  return {
    follow,
    async unfollow(user, root) {
      await records.update(user, (old = nothing) => ({
        follows: old.follows.filter((one) => one !== root),
        left: [...old.left.filter((one) => one !== root), root].slice(-limits.threadsFollowedMax),
      }))
      const users = byRoot.get(root)
      users?.delete(user)
      if (users?.size === 0) byRoot.delete(root)
    },
    answered(user, root) {
      const { follows, left } = records.get(user) ?? nothing
      if (follows.includes(root) || left.includes(root) || follows.length >= limits.threadsFollowedMax) return
      // the message is stored, whatever becomes of this
      follow(user, root).catch(() => undefined)
    },
    follows: (user, root) => byRoot.get(root)?.has(user) === true,
    followers: (root) => [...(byRoot.get(root) ?? [])],
  }
}

const add = (byRoot: Map<EventId, Set<UserName>>, root: EventId, user: UserName): void => {
  const users = byRoot.get(root)
  if (users === undefined) byRoot.set(root, new Set([user]))
  else users.add(user)
}
