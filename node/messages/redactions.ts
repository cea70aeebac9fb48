/**
 * What is deleted loses its body (MSGS-10), and so does what was said in its edits: when the delete comes, when its
 * target comes after it, when the right to it turns out later, and after a crash between the two. Which deletes wait is
 * on disk; the newest `limits.deletesWaitingMax` are in memory too, so that a flood of them costs reads, not memory.
 */
import type { Logger } from '../../broker/components.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { relationKinds } from '../../spec/relations.ts'
import type { Entry, RedactionWanted } from '../log/log.ts'
import type { MessageLog, MessageServers } from './components.ts'
import { annotationOf, authorOf } from './noted.ts'
import { createWantedDeletes } from './wanted-deletes.ts'

export interface Redactions {
  /** Reads what a crash left undone, and does it. */
  start(): Promise<void>
  committed(entries: readonly Entry[]): void
  /** Who may do what has changed. */
  retry(): void
  /** A delete that stands is here, though the body is not gone yet: nobody is told it. */
  isDeleted(message: Entry): boolean
  /** Resolves when everything that was committed before is done. */
  settled(): Promise<void>
}

/** Messages to look at, and late edits of messages whose body may be gone. */
type Work = { readonly target: EventId; readonly channel: ChannelId; readonly edit?: Entry }

export const createRedactions = (
  parts: {
    readonly log: MessageLog
    readonly servers: MessageServers
    readonly logger: Pick<Logger, 'error'>
  },
  { keptMax = limits.deletesWaitingMax }: { readonly keptMax?: number } = {},
): Redactions => {
  const { log, servers, logger } = parts
  /** By target. A delete without the right to it stays: the grant may come later. */
  const wanted = createWantedDeletes(keptMax)
  /** The newest that lost their bodies: whoever began to read before that may still hold them. */
  const gone = new Set<EventId>()
  /** By target or edit, in the order in which they came. */
  const work = new Map<EventId, Work>()
  /** Every delete on disk is looked at: what `work` had no room for, or all when permissions change. */
  let isAllWanted = false
  let running: Promise<void> | undefined

  const redact = async (target: EventId, by: EventId): Promise<void> => {
    gone.add(target)
    if (gone.size > goneMax) gone.delete(gone.keys().next().value ?? target)
    await log.redact(target, by)
  }

  const stands = (deletion: Entry, message: Entry): boolean =>
    deletion.channel === message.channel &&
    servers.covers(deletion) &&
    (authorOf(deletion) === authorOf(message) || servers.countsFor(deletion, 'manageMessages'))

  const attempt = async (channel: ChannelId, target: EventId): Promise<void> => {
    const [message] = await log.entries(channel, [target])
    if (message === undefined) return
    await eachPage({ of: { channel, target } }, async (rows) => {
      for (const deletion of await log.entries(
        channel,
        rows.map(({ by }) => by),
      )) {
        if (!stands(deletion, message)) continue
        // the message last: by it a restart knows that all of it is done
        await redactEdits(message, deletion.id)
        await redact(target, deletion.id)
        wanted.delete(target, deletion.id)
      }
    })
  }

  const redactEdits = async (message: Entry, by: EventId): Promise<void> => {
    const rows = await log.related(message.channel, relationKinds.annotation, { from: message.id, to: message.id })
    for (const entry of await log.entries(
      message.channel,
      rows.map(({ id }) => id),
    )) {
      if (entry.type === 'edit' && entry.body !== undefined) await redact(entry.id, by)
    }
  }

  /** An edit that comes after the body of its message is gone. */
  const attemptEdit = async (edit: Entry, target: EventId): Promise<void> => {
    const [message] = await log.entries(edit.channel, [target])
    if (message === undefined || message.body !== undefined) return
    const rows = await log.related(edit.channel, relationKinds.annotation, { from: target, to: target })
    const about = await log.entries(
      edit.channel,
      rows.map(({ id }) => id),
    )
    const by = about.find((entry) => entry.type === 'delete' && stands(entry, message))
    if (by !== undefined) await redact(edit.id, by.id)
  }

  const eachPage = async (
    range: { readonly of?: Pick<RedactionWanted, 'channel' | 'target'> },
    take: (rows: readonly RedactionWanted[]) => Promise<void>,
  ): Promise<void> => {
    for (let after: RedactionWanted | undefined; ;) {
      const rows = await log.redactionsWanted({ ...range, limit: pageSize, ...(after !== undefined && { after }) })
      await take(rows)
      after = rows.at(-1)
      if (after === undefined || rows.length < pageSize) return
    }
  }

  /** A disk that is full now is asked again at the next start. */
  const tried = (task: Promise<void>): Promise<void> =>
    task.catch((error: unknown) => logger.error({ err: error }, 'a message could not be redacted'))

  const attemptAll = (): Promise<void> => {
    let last: EventId | undefined
    return eachPage({}, async (rows) => {
      for (const row of rows) {
        wanted.add(row.target, row.by, row)
        if (row.target !== last) await tried(attempt(row.channel, row.target))
        last = row.target
      }
    })
  }

  const run = async (): Promise<void> => {
    while (isAllWanted || work.size > 0) {
      if (isAllWanted) {
        isAllWanted = false
        await tried(attemptAll())
      }
      for (const [key, { channel, target, edit }] of work) {
        work.delete(key)
        await tried(edit === undefined ? attempt(channel, target) : attemptEdit(edit, target))
      }
    }
  }
  const start = (): Promise<void> => {
    running ??= run().finally(() => (running = undefined))
    return running
  }

  /** One after the other. */
  const queue = (key: EventId, one: Work): void => {
    if (work.size < keptMax) work.set(key, one)
    else if (one.edit === undefined) isAllWanted = true
    else
      logger.error(
        { edit: key, target: one.target },
        'too many edits at once: one of a deleted message may keep its text',
      )
    void start()
  }

  return {
    async start() {
      isAllWanted = true
      await start()
    },
    committed(entries) {
      for (const entry of entries) {
        const { id, type, channel } = entry
        if (type === 'delete' || type === 'edit') {
          const annotation = annotationOf(entry)
          if (annotation?.type === 'delete') {
            wanted.add(annotation.target, id, entry)
            queue(annotation.target, { channel, target: annotation.target })
          }
          if (annotation?.type === 'edit') queue(id, { channel, target: annotation.target, edit: entry })
        } else if (wanted.mayHave(id)) queue(id, { channel, target: id })
      }
    },
    retry() {
      if (wanted.size === 0) return
      isAllWanted = true
      void start()
    },
    isDeleted(message) {
      if (gone.has(message.id)) return true
      return wanted.size > 0 && wanted.of(message.id).some((one) => 'raw' in one && stands(one, message))
    },
    async settled() {
      while (running !== undefined) await running
    },
  }
}

/** More than are read at a time. */
const goneMax = 4_096
const pageSize = 500
