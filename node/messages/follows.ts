/** Which threads a user follows, and how far they read each (MSGS-11, INBOX-14, INBOX-15), kept at the user's node. */
import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** A thread by its channel and its first event, which need not be here. */
export interface ThreadRef {
  readonly channel: ChannelId
  readonly thread: EventId
}

export interface Follow extends ThreadRef {
  /** The marker: what arrived up to it is read. */
  readonly position: number
}

export interface Follows {
  /** Read up to `position`, or up to where it was read before. QUOTA past `limits.threadsFollowedMax`. */
  follow(user: UserName, at: Follow): Promise<void>
  /** It is remembered, so that answering does not follow again. */
  unfollow(user: UserName, at: ThreadRef): Promise<void>
  /** As `follow`, unless the user left the thread or follows as many as they may. True: they did not follow it before. */
  join(user: UserName, at: Follow): Promise<boolean>
  /** Moves the marker; undefined: the user does not follow the thread. Resolves after the fsync. */
  mark(user: UserName, at: ThreadRef, decide: (position: number) => number): Promise<Follow | undefined>
  get(user: UserName, at: ThreadRef): Follow | undefined
  /** In the order in which they were followed. */
  of(user: UserName): readonly Follow[]
  followers(at: ThreadRef): readonly UserName[]
}

export const threadKey = ({ channel, thread }: ThreadRef): string => `${channel}/${thread}`

/** One row for each thread that a user follows or has left, so that a marker is one small write. */
const row = z.union([z.strictObject({ position: z.int().nonnegative() }), z.strictObject({ left: z.literal(true) })])
type Row = z.output<typeof row>

/** Throws CORRUPT, or what the store throws. */
export const createFollows = async (store: Store): Promise<Follows> => {
  const records = await createRecords(store, 'follow', row)
  const byUser = new Map<string, Map<string, Row>>()
  const byThread = new Map<string, Set<UserName>>()

  const rowsOf = (user: string): Map<string, Row> => {
    const rows = byUser.get(user) ?? new Map<string, Row>()
    byUser.set(user, rows)
    return rows
  }
  const index = (user: string, key: string, value: Row | undefined): void => {
    const rows = rowsOf(user)
    if (value === undefined || 'left' in value) rows.delete(key)
    if (value !== undefined) rows.set(key, value)
    const users = byThread.get(key) ?? new Set()
    if (isFollowed(value)) byThread.set(key, users.add(user as UserName))
    else if (users.delete(user as UserName) && users.size === 0) byThread.delete(key)
  }
  for (const [path, value] of records.all()) {
    const slash = path.indexOf('/')
    index(path.slice(0, slash), path.slice(slash + 1), value)
  }

  const write = async (
    user: UserName,
    changes: readonly (readonly [key: string, Row | undefined])[],
  ): Promise<void> => {
    await records.putAll(changes.map(([key, value]) => [`${user}/${key}`, value]))
    for (const [key, value] of changes) index(user, key, value)
  }
  const full = (): HearthError =>
    new HearthError('QUOTA', `you follow ${limits.threadsFollowedMax} threads; leave one first`)
  const isFull = (user: UserName): boolean =>
    [...rowsOf(user).values()].filter(isFollowed).length >= limits.threadsFollowedMax

  let turn: Promise<unknown> = Promise.resolve()
  /** One change after the other, so that each sees what the one before has written. */
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const done = turn.then(task)
    turn = done.catch(() => undefined)
    return done
  }

  return {
    follow: (user, at) =>
      inTurn(async () => {
        const key = threadKey(at)
        if (isFollowed(rowsOf(user).get(key))) return
        if (isFull(user)) throw full()
        await write(user, [[key, { position: at.position }]])
      }),
    unfollow: (user, at) =>
      inTurn(async () => {
        const left = [...rowsOf(user)].filter(([, value]) => !isFollowed(value)).map(([key]) => key)
        const forgotten = left.slice(0, Math.max(0, left.length + 1 - limits.threadsFollowedMax))
        await write(user, [
          ...forgotten.map((key) => [key, undefined] as const),
          [threadKey(at), { left: true }] as const,
        ])
      }),
    join: (user, at) =>
      inTurn(async () => {
        const key = threadKey(at)
        if (rowsOf(user).has(key) || isFull(user)) return false
        await write(user, [[key, { position: at.position }]])
        return true
      }),
    mark: (user, at, decide) =>
      inTurn(async () => {
        const key = threadKey(at)
        const before = rowsOf(user).get(key)
        if (!isFollowed(before)) return undefined
        const position = decide(before.position)
        if (position !== before.position) await write(user, [[key, { position }]])
        return { channel: at.channel, thread: at.thread, position }
      }),
    get: (user, at) => {
      const found = byUser.get(user)?.get(threadKey(at))
      return isFollowed(found) ? { channel: at.channel, thread: at.thread, position: found.position } : undefined
    },
    of: (user) =>
      [...(byUser.get(user) ?? [])].flatMap(([key, value]) => (isFollowed(value) ? [{ ...refOf(key), ...value }] : [])),
    followers: (at) => [...(byThread.get(threadKey(at)) ?? [])],
  }
}

const isFollowed = (value: Row | undefined): value is { readonly position: number } =>
  value !== undefined && 'position' in value

const refOf = (key: string): ThreadRef => {
  const [channel, thread] = key.split('/')
  return { channel: channel as ChannelId, thread: thread as EventId }
}
