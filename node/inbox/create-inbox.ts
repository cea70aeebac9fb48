/** The room of what concerns one person over all channels (spec/inbox.md): markers, counts, settings, mentions and requests. */
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, UserName } from '../../spec/ids.ts'
import type { InboxItem, Setting } from '../../spec/inbox.ts'
import { limits } from '../../spec/limits.ts'
import type { Mention } from '../../spec/mentions.ts'
import type { EventJson } from '../../spec/message.ts'
import type { Entry } from '../log/log.ts'
import type { InboxComponents, InboxInit } from './components.ts'
import { openItems, type ItemRow, type Numbered } from './items.ts'
import { createLive } from './live.ts'
import { readMentions } from './mentions.ts'
import { createNotices, pushOf } from './notices.ts'
import type { ThreadRef } from '../messages/follows.ts'
import { createTurns } from '../messages/turns.ts'
import { endsOfChannels, endsOfThreads, refOf } from './ends.ts'
import { createPeople, placeKey, type Person, type Place } from './people.ts'
import { createTails, type Arrival } from './tails.ts'
import { createUnread, type ThreadRow, type Unread, type UnreadRow, type UpTo } from './unread.ts'

export interface NewItem extends Pick<ItemRow, 'kind' | 'from' | 'data'> {
  /** An earlier entry with it is replaced: one pending request of each sender. */
  readonly key?: string
}

export interface Inbox {
  /** Follows the log from here on, after what was missed. Returns the stop. */
  start(): () => Promise<void>
  /** Resolves when every mention that is in the log has its entry. */
  settled(): Promise<void>
  /** A device of the user connected. */
  connected(user: UserName): void
  /** Permissions changed. */
  judgeAgain(): void
  /** Resolves after the fsync, when devices that listen have been told. */
  add(user: UserName, item: NewItem): Promise<InboxItem>
  /** Takes away the entry with that key, if it is there. */
  withdraw(user: UserName, key: string): Promise<void>

  rows: Unread['rows']
  mark(user: UserName, channel: ChannelId, upTo: UpTo): Promise<UnreadRow>
  /** Of the threads that the user follows, in all channels that they may read or in these. */
  threadRows(user: UserName, channels: readonly ChannelId[] | undefined): Promise<ThreadRow[]>
  markThread(user: UserName, at: ThreadRef, upTo: UpTo): Promise<ThreadRow>
  settings(user: UserName): Promise<Person['settings']>
  /** Null takes a part back. QUOTA. */
  set(user: UserName, place: Place, change: SettingChange): Promise<Setting>
  /** Ascending; entries about messages that the user may not read any more are left out. */
  list(
    user: UserName,
    page: { readonly after?: number | undefined; readonly before?: number | undefined; readonly limit: number },
  ): Promise<{ readonly items: InboxItem[]; readonly more: boolean }>
  dismiss(user: UserName, isGone: (id: number) => boolean): Promise<number>
}

export type SettingChange = { readonly [K in keyof Setting]?: Setting[K] | null }

/** Reads where it left off; nothing runs before `start`. Throws CORRUPT, or what the store throws. */
export const createInbox = async (components: InboxComponents, init: InboxInit): Promise<Inbox> => {
  const { log, store, places, render, clock, isConnected, send } = components
  const windowMax = init.windowMax ?? limits.unreadWindowMax
  const mentionsOf = (entry: Entry): readonly Mention[] | undefined => readMentions(entry, components.mayMentionAll)
  const items = await openItems(store)
  const people = createPeople({ store, isConnected })
  const room = { windowMax, keptMax: init.keptMax ?? 100_000 }
  /** FEED-7: what was dropped counts no more. */
  const isKept = ({ channel, id }: Arrival): boolean => id >= (log.beginningOf(channel) ?? id)
  const judged = { covers: (arrival: Arrival) => isKept(arrival) && places.covers(arrival), mentionsOf }
  const tails = createTails({ ...endsOfChannels(log), ...judged }, room)
  const threads = createTails({ ...endsOfThreads(log), ...judged }, room)
  const unread = createUnread({ ...components, tails, threads, people }, { nodeId: init.nodeId, windowMax })
  const live = createLive({ ...components, unread }, { everyMs: limits.unreadUpdateMs })
  const threadChanged = (at: ThreadRef): void => live.threadChanged(at)
  const notices = createNotices({ ...components, people, items, mentionsOf, threadChanged }, { nodeId: init.nodeId })

  const settled = new Map<UserName, Promise<void>>()
  const inTurn = createTurns()
  const isRequest = ({ row: { kind } }: Numbered): boolean => kind === 'friend.request' || kind === 'message.request'

  /**
   * What was stored of requests when the node was killed before their entries were: those that were answered go, those
   * that nobody was told of are told. Once for each person, before they look.
   */
  const settleRequests = (user: UserName): Promise<void> => {
    const known = settled.get(user) ?? inTurn(user, () => settleNow(user))
    settled.set(user, known)
    known.catch(() => settled.delete(user))
    return known
  }
  const settleNow = async (user: UserName): Promise<void> => {
    const asked = components.pending?.(user)
    if (asked === undefined) return
    await items.remove(user, (item) => isRequest(item) && !asked.has(item.row.key ?? ''))
    const there = new Set((await items.list(user)).map(({ row }) => row.key))
    for (const [key, item] of asked) if (!there.has(key)) await addNow(user, { ...item, key })
  }
  const addNow = async (user: UserName, { key, ...item }: NewItem): Promise<InboxItem> => {
    if (key !== undefined) await items.remove(user, ({ row }) => row.key === key)
    const row = { ...item, time: clock.now(), ...(key !== undefined && { key }) }
    const [id = 0] = await items.add([{ user, row }])
    const added: InboxItem = {
      id,
      kind: row.kind,
      time: row.time,
      ...(row.from && { from: row.from }),
      ...(row.data && { data: row.data }),
    }
    send(user, pushOf(added))
    return added
  }

  const jsonOf = async (user: UserName, { id, row }: Numbered): Promise<InboxItem | undefined> => {
    const { kind, time, channel, event, from, data } = row
    const item = { id, kind, time, ...(from && { from }), ...(data && { data }) }
    if (event === undefined || channel === undefined) return item
    const entry = places.may(user, channel, 'read') ? await log.get(event) : undefined
    const rendered = entry?.body === undefined ? undefined : render(entry)
    return rendered && { ...item, event: JSON.parse(rendered.json) as EventJson }
  }

  return {
    start: () => {
      const stopFollowing = log.onCommitted((entries) => {
        for (const entry of entries) {
          tails.follow(entry)
          threads.follow(entry)
          if (entry.type === 'msg') live.changed(entry.channel)
        }
        notices.wake()
      })
      const stopForgetting = log.onRedacted((entry) => {
        tails.redacted(entry)
        for (const key of threads.redacted(entry)) live.threadChanged(refOf(key))
        live.changed(entry.channel)
      })
      const stopDropping = log.onRetained((channel) => {
        tails.judgeAgain()
        threads.judgeAgain()
        live.changed(channel)
      })
      notices.wake()
      return async () => {
        stopDropping()
        stopFollowing()
        stopForgetting()
        live.stop()
        await notices.settled()
        await items.note(items.position, 1)
      }
    },
    settled: () => notices.settled(),
    connected: (user) => {
      live.forget(user)
      void people.get(user).catch(() => undefined)
    },
    judgeAgain: () => {
      tails.judgeAgain()
      threads.judgeAgain()
    },
    add: (user, item) => inTurn(user, () => addNow(user, item)),
    withdraw: (user, key) =>
      inTurn(user, async () => {
        const ids = await items.remove(user, ({ row }) => row.key === key)
        if (ids.length > 0) send(user, { type: 'dismissed', ids })
      }),

    rows: (user, channels) => unread.rows(user, channels),
    mark: async (user, channel, upTo) => {
      const row = await unread.mark(user, channel, upTo)
      const { position, unread: count, mentions, more } = row
      live.said(user, channel, row)
      send(user, { type: 'read', channel, position, unread: count, mentions, more })
      return row
    },
    threadRows: (user, channels) => {
      const wanted = channels && new Set(channels)
      return unread.threadRows(
        user,
        components.follows.of(user).filter(({ channel }) => wanted?.has(channel) !== false),
      )
    },
    markThread: async (user, at, upTo) => {
      const row = await unread.markThread(user, at, upTo)
      const { channel, thread, position, unread: count, mentions, more } = row
      live.said(user, at, row)
      send(user, { type: 'thread.read', channel, thread, position, unread: count, mentions, more })
      return row
    },
    settings: async (user) => (await people.get(user)).settings,
    set: async (user, place, change) => {
      const key = placeKey(place)
      const person = await people.update(user, ({ settings }) => {
        const value = merged(settings.get(key) ?? {}, change)
        const isEmpty = Object.keys(value).length === 0
        if (!isEmpty && !settings.has(key) && settings.size >= limits.notifySettingsMax) {
          throw new HearthError(
            'QUOTA',
            `you have ${limits.notifySettingsMax} notification settings; that is the limit`,
          )
        }
        return [{ table: 'settings', key, value: isEmpty ? undefined : value }]
      })
      const setting = person.settings.get(key) ?? {}
      const { server, channel, thread } = place
      send(user, {
        type: 'settings',
        ...(server !== undefined && { server }),
        ...(channel !== undefined && { channel }),
        ...(thread !== undefined && { thread }),
        ...setting,
      })
      return setting
    },
    list: async (user, { after, before, limit }) => {
      await settleRequests(user)
      const all = (await items.list(user)).filter(({ row }) => row.dismissed !== true)
      const within = all.filter(({ id }) => id > (after ?? 0) && id < (before ?? Infinity))
      const page = after === undefined ? within.slice(-limit) : within.slice(0, limit)
      const shown = await Promise.all(page.map((item) => jsonOf(user, item)))
      return { items: shown.filter((item) => item !== undefined), more: within.length > page.length }
    },
    dismiss: (user, isGone) =>
      inTurn(user, async () => {
        const asked = components.pending?.(user)
        const waits = ({ row: { key } }: Numbered): boolean => key !== undefined && asked?.has(key) === true
        const ids = [
          ...(await items.hide(user, (item) => isGone(item.id) && waits(item))),
          ...(await items.remove(user, (item) => isGone(item.id) && !waits(item))),
        ]
        if (ids.length > 0) send(user, { type: 'dismissed', ids })
        return ids.length
      }),
  }
}

const merged = (setting: Setting, change: SettingChange): Setting =>
  Object.fromEntries(
    Object.entries({ ...setting, ...change }).filter(([, value]) => value !== null && value !== undefined),
  )
