/**
 * What is deleted loses its body (MSGS-10), and so does what was said in its edits: when the delete comes, when its
 * target comes after it, when the right to it turns out later, and after a crash between the two.
 */
import type { Logger } from '../../broker/components.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { relationKinds } from '../../spec/relations.ts'
import type { Entry, RedactionWanted } from '../log/log.ts'
import type { MessageLog, MessageServers } from './components.ts'
import { annotationOf, authorOf } from './noted.ts'

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

export const createRedactions = (parts: {
  readonly log: MessageLog
  readonly servers: MessageServers
  readonly logger: Logger
}): Redactions => {
  const { log, servers, logger } = parts
  /** By target. A delete without the right to it stays: the grant may come later. */
  const wanted = new Map<EventId, Map<EventId, Entry | RedactionWanted>>()
  /** The newest that lost their bodies: whoever began to read before that may still hold them. */
  const gone = new Set<EventId>()
  let queue: Promise<void> = Promise.resolve()

  const redact = async (target: EventId, by: EventId): Promise<void> => {
    gone.add(target)
    if (gone.size > goneMax) gone.delete(gone.keys().next().value ?? target)
    await log.redact(target, by)
  }

  const want = (target: EventId, by: EventId, deletion: Entry | RedactionWanted): void => {
    const deletions = wanted.get(target) ?? new Map<EventId, Entry | RedactionWanted>()
    deletions.set(by, deletion)
    wanted.set(target, deletions)
  }

  const stands = (deletion: Entry, message: Entry): boolean =>
    deletion.channel === message.channel &&
    servers.covers(deletion) &&
    (authorOf(deletion) === authorOf(message) || servers.countsFor(deletion, 'manageMessages'))

  const attempt = async (channel: ChannelId, target: EventId): Promise<void> => {
    const deletions = wanted.get(target)
    const [message] = await log.entries(channel, [target])
    if (deletions === undefined || message === undefined) return
    for (const deletion of await log.entries(channel, [...deletions.keys()])) {
      if (!stands(deletion, message)) continue
      // the message last: by it a restart knows that all of it is done
      await redactEdits(message, deletion.id)
      await redact(target, deletion.id)
      deletions.delete(deletion.id)
    }
    if (deletions.size === 0) wanted.delete(target)
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

  /** One after the other; a disk that is full now is asked again at the next start. */
  const inTurn = (work: () => Promise<void>): void => {
    queue = queue.then(work).catch((error: unknown) => logger.error({ err: error }, 'a message could not be redacted'))
  }

  return {
    async start() {
      for (const one of await log.redactionsWanted()) {
        want(one.target, one.by, one)
        inTurn(() => attempt(one.channel, one.target))
      }
      await queue
    },
    committed(entries) {
      for (const entry of entries) {
        if (entry.type === 'delete' || entry.type === 'edit') {
          const annotation = annotationOf(entry)
          if (annotation?.type === 'delete') {
            want(annotation.target, entry.id, entry)
            inTurn(() => attempt(entry.channel, annotation.target))
          }
          if (annotation?.type === 'edit') inTurn(() => attemptEdit(entry, annotation.target))
        } else if (wanted.size > 0 && wanted.has(entry.id)) inTurn(() => attempt(entry.channel, entry.id))
      }
    },
    retry() {
      for (const [target, deletions] of wanted) {
        for (const { channel } of deletions.values()) inTurn(() => attempt(channel, target))
      }
    },
    isDeleted(message) {
      if (gone.has(message.id)) return true
      if (wanted.size === 0) return false
      const deletions = wanted.get(message.id)
      return deletions !== undefined && [...deletions.values()].some((one) => 'raw' in one && stands(one, message))
    },
    settled: () => queue,
  }
}

/** More than are read at a time. */
const goneMax = 4_096
