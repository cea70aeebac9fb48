/**
 * Messages as they are now (MSGS-7): what is noted of each, read from the index of relations. Of messages with much
 * noted the result is kept and goes on with the log, so that a message with ten thousand reactions is read once.
 */
import { createNotes, type MessageState, type Notes } from '../../spec/annotations.ts'
import { eventIdStamp } from '../../spec/event-id.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { relationKinds, relationOf } from '../../spec/relations.ts'
import type { Entry, Related } from '../log/log.ts'
import type { MessageLog, MessageServers } from './components.ts'
import { annotationOf, authorOf, notedOf } from './noted.ts'

/** MSGS-11 */
export interface Replies {
  readonly count: number
  /** Unix ms of the last. */
  readonly last: number
}

export interface Shown {
  readonly state: MessageState
  readonly replies: Replies | undefined
}

interface Thread {
  /** Unix ms by id. */
  readonly times: Map<EventId, number>
  /** The last arrival position among the answers, whether they are shown or not. */
  position: number
}

export interface States {
  /** Of messages of one channel that stand together: one range read. */
  of(channel: ChannelId, messages: readonly Entry[]): Promise<Map<EventId, Shown>>
  /** Of messages of one channel, far apart. */
  ofEach(channel: ChannelId, messages: readonly Entry[]): Promise<Map<EventId, Shown>>
  /** The same of one, without its thread. */
  one(message: Entry): Promise<MessageState>
  /** In the turn in which they were committed. */
  committed(entries: readonly Entry[]): void
  /** What stands may have changed: nothing that was read before holds. */
  forget(): void
}

export interface StatesInit {
  /** Messages with more noted than this are kept; 64. */
  readonly heavyMin?: number
  /** Kept at a time, and threads; 1,000. Then all are forgotten. */
  readonly keptMax?: number
}

export const createStates = (
  {
    log,
    servers,
    isDeleted,
  }: {
    readonly log: MessageLog
    readonly servers: MessageServers
    /** Its body is about to go. */
    readonly isDeleted: (message: Entry) => boolean
  },
  { heavyMin = 64, keptMax = 1_000 }: StatesInit = {},
): States => {
  const heavy = new Map<EventId, Promise<Notes>>()
  const threads = new Map<EventId, Promise<Thread>>()

  const notesOf = async (message: Entry, ids: readonly EventId[]): Promise<Notes> => {
    const notes = createNotes(authorOf(message))
    for (let at = 0; at < ids.length; at += chunk) {
      for (const entry of await log.entries(message.channel, ids.slice(at, at + chunk))) {
        const noted = notedOf(servers, entry)
        if (noted !== undefined) notes.add(noted)
      }
    }
    return notes
  }

  const keepHeavy = (message: Entry, ids: readonly EventId[]): Promise<Notes> => {
    const kept = heavy.get(message.id)
    if (kept !== undefined) return kept
    const notes = notesOf(message, ids)
    keep(heavy, message.id, notes, keptMax)
    return notes
  }

  /** Those that are redacted or behind a cut are no answers. */
  const threadOf = (channel: ChannelId, root: EventId): Promise<Thread> => {
    const kept = threads.get(root)
    if (kept !== undefined) return kept
    const read = async (): Promise<Thread> => {
      const range = { from: root, to: root, limit: limits.threadRepliesCountedMax, reverse: true }
      const rows = await log.related(channel, relationKinds.thread, range)
      const thread: Thread = { times: new Map(), position: 0 }
      const replies = await log.entries(
        channel,
        rows.map(({ id }) => id),
      )
      for (const reply of replies) addReply(thread, reply)
      return thread
    }
    const thread = read()
    keep(threads, root, thread, keptMax)
    return thread
  }

  const addReply = (thread: Thread, reply: Entry): void => {
    thread.position = Math.max(thread.position, reply.position)
    if (reply.body === undefined || !servers.covers(reply) || isDeleted(reply)) return
    thread.times.set(reply.id, eventIdStamp(reply.id).ms)
  }

  /** MSGS-7: with answers, which are events about the first message, too. */
  const withThread = async (channel: ChannelId, root: EventId, state: MessageState): Promise<Shown> => {
    const { times, position } = await threadOf(channel, root)
    const asOf = Math.max(state.asOf, position)
    if (times.size === 0) return { state: { ...state, asOf }, replies: undefined }
    const last = Math.max(...times.values())
    const count = Math.min(times.size, limits.threadRepliesCountedMax)
    return { state: { ...state, asOf }, replies: { count, last } }
  }

  const rowsOf = async (
    channel: ChannelId,
    range: { from: EventId; to: EventId },
  ): Promise<Map<EventId, EventId[]>> => {
    const [annotations, pins] = await Promise.all([
      log.related(channel, relationKinds.annotation, range),
      log.related(channel, relationKinds.pin, range),
    ])
    return byTarget([...annotations, ...pins])
  }

  const states: States = {
    async of(channel, messages) {
      const range = rangeOf(messages)
      if (range === undefined) return new Map()
      const [rows, roots] = await Promise.all([
        rowsOf(channel, range),
        log.targets(channel, relationKinds.thread, range),
      ])
      const light = messages.flatMap(({ id }) => {
        const ids = rows.get(id) ?? []
        return ids.length > heavyMin ? [] : ids
      })
      const read = new Map((await log.entries(channel, light)).map((entry) => [entry.id, entry]))
      const isRoot = new Set(roots)
      const shown = new Map<EventId, Shown>()
      for (const message of messages) {
        const ids = rows.get(message.id) ?? []
        const notes = ids.length > heavyMin ? await keepHeavy(message, ids) : createNotes(authorOf(message))
        if (ids.length <= heavyMin) {
          for (const id of ids) {
            const entry = read.get(id)
            const noted = entry && notedOf(servers, entry)
            if (noted !== undefined) notes.add(noted)
          }
        }
        const state = notes.state()
        const isFirst = isRoot.has(message.id)
        shown.set(message.id, isFirst ? await withThread(channel, message.id, state) : { state, replies: undefined })
      }
      return shown
    },

    async ofEach(channel, messages) {
      const each = await Promise.all(messages.map((message) => states.of(channel, [message])))
      return new Map(each.flatMap((one) => [...one]))
    },

    async one(message) {
      const rows = await rowsOf(message.channel, { from: message.id, to: message.id })
      const ids = rows.get(message.id) ?? []
      const notes = await (ids.length > heavyMin ? keepHeavy(message, ids) : notesOf(message, ids))
      return notes.state()
    },

    committed(entries) {
      if (heavy.size === 0 && threads.size === 0) return
      for (const entry of entries) {
        const annotation = annotationOf(entry)
        if (annotation?.type === 'delete') threads.clear()
        const notes = annotation && heavy.get(annotation.target)
        const noted = notes && notedOf(servers, entry)
        if (notes !== undefined && noted !== undefined) void notes.then((one) => one.add(noted), ignore)
        if (annotation === undefined && threads.size > 0) growThread(entry)
      }
    },

    forget() {
      heavy.clear()
      threads.clear()
    },
  }
  return states

  function growThread(entry: Entry): void {
    const root = rootOf(entry)
    const thread = root && threads.get(root)
    if (thread !== undefined) void thread.then((one) => addReply(one, entry), ignore)
  }
}

/** The first event of the thread that a message belongs to. */
export const rootOf = ({ type, body }: Entry): EventId | undefined =>
  type === 'msg' && body !== undefined ? relationOf(type, body)?.target : undefined

/** What failed to be read is not kept: whoever asks next reads again. */
const keep = <T>(into: Map<EventId, Promise<T>>, id: EventId, value: Promise<T>, keptMax: number): void => {
  if (into.size >= keptMax) into.clear()
  into.set(id, value)
  value.catch(() => into.delete(id))
}

const byTarget = (rows: readonly Related[]): Map<EventId, EventId[]> => {
  const grouped = new Map<EventId, EventId[]>()
  for (const { target, id } of rows) {
    const ids = grouped.get(target)
    if (ids === undefined) grouped.set(target, [id])
    else ids.push(id)
  }
  return grouped
}

const rangeOf = (messages: readonly Entry[]): { from: EventId; to: EventId } | undefined => {
  const ids = messages.map(({ id }) => id).sort()
  const [from, to] = [ids[0], ids.at(-1)]
  return from === undefined || to === undefined ? undefined : { from, to }
}

const chunk = 1_000
const ignore = (): void => undefined
