import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HearthError } from '../../spec/errors.ts'
import { eventIdStamp } from '../../spec/event-id.ts'
import type { Finding, LogAdmin, LogLine, LogTail } from '../admin/components.ts'
import type { Entry, Finding as LogFinding, Log } from '../log/log.ts'
import type { Render, Rendered } from '../render.ts'
import type { Questions } from '../servers/servers.ts'
import type { LevelStore } from '../store/level-store.ts'
import { findPath, type Names } from './names.ts'

/** Entries that wait for somebody who follows the log and reads slowly. */
const followedMax = 10_000

/** What a log, running or not, tells of itself. */
export const logAdmin = (log: Log, store: Pick<LevelStore, 'folder' | 'damage'>): LogAdmin => ({
  verify: async ({ progress, signal }) => {
    const findings = await log.verify(({ phase, done, total }) => {
      signal.throwIfAborted()
      progress({ done, total, text: phase })
    })
    return {
      entries: log.position,
      feeds: log.feeds().length,
      findings: [...damageOf(store), ...findings.map(findingOf)],
    }
  },
  stats: async () => {
    const { position, channels, feeds, unsealed } = log.stats()
    return { entries: position, channels, feeds, unsealed, bytes: await folderBytes(store.folder) }
  },
  quickCheck: () => {
    const { fault } = log.stats()
    const faults: Finding[] = fault === undefined ? [] : [{ what: fault, where: 'the log’s own upkeep' }]
    return Promise.resolve([...damageOf(store), ...faults])
  },
})

export const logTail = (
  log: Log,
  { rooms, render }: { readonly rooms: Names & Pick<Questions, 'authorOf'>; readonly render: Render },
): LogTail => {
  const lineOf = (entry: Entry): LogLine => {
    const channel = rooms.channel(entry.channel)
    const server = channel === undefined ? rooms.governedBy(entry.channel) : rooms.server(channel.server)
    return {
      position: entry.position,
      id: entry.id,
      at: eventIdStamp(entry.id).ms,
      server: server?.handle ?? '?',
      channel: channel?.handle ?? '(governance)',
      author: rooms.authorOf(entry.node, entry.member).address,
      type: entry.type,
      text: entry.type === 'msg' ? textOf(render(entry)) : '',
    }
  }

  return {
    tail: async function* ({ channel, lines, follow, signal }) {
      const only = channel === undefined ? undefined : findPath(rooms, channel).id
      const followed = follow ? followFrom(log, signal) : undefined
      const upTo = log.position
      const recent =
        only === undefined
          ? (await log.since(undefined, Math.max(0, upTo - lines), lines)).entries
          : await log.page(only, {}, lines)
      for (const entry of recent) if (entry.position <= upTo) yield lineOf(entry)
      for await (const entry of followed ?? []) {
        if (entry.position > upTo && (only === undefined || entry.channel === only)) yield lineOf(entry)
      }
    },
  }
}

const textOf = (rendered: Rendered | undefined): string => {
  const body: unknown = rendered === undefined ? undefined : Reflect.get(JSON.parse(rendered.json), 'body')
  return typeof body === 'string' ? body : '(hidden)'
}

/** What is committed from now on. Ends when aborted; throws SLOW_CONSUMER when the reader falls behind. */
async function* followFrom(log: Log, signal: AbortSignal): AsyncGenerator<Entry> {
  const waiting: Entry[] = []
  let wake = (): void => undefined
  const stop = log.onCommitted((entries) => {
    waiting.push(...entries)
    wake()
  })
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      if (waiting.length > followedMax)
        throw new HearthError('SLOW_CONSUMER', 'the log grows faster than it is read here')
      const next = waiting.shift()
      if (next === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else yield next
    }
  } finally {
    stop()
    signal.removeEventListener('abort', onAbort)
  }
}

const damageOf = ({ damage }: Pick<LevelStore, 'damage'>): Finding[] =>
  damage.map((line) => ({
    what: `LevelDB dropped data when it opened: ${line}`,
    where: 'store/LOG',
    fix: 'run hearth log verify to see what is missing; restore a backup',
  }))

const findingOf = ({ kind, channel, feed, seq, event, position, what, fix }: LogFinding): Finding => ({
  what,
  fix,
  where: [
    kind,
    channel && `channel ${channel}`,
    feed && `feed ${feed}`,
    seq !== undefined && `number ${seq}`,
    event && `event ${event}`,
    position !== undefined && `position ${position}`,
  ]
    .filter((part) => typeof part === 'string')
    .join(', '),
})

const folderBytes = async (folder: string): Promise<number> => {
  const sizes = await Promise.all(
    (await readdir(folder)).map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
