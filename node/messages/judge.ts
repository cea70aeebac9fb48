/** Which events about messages are for clients (MSGS-8): what counts for nobody is shown to nobody. */
import { isAnnotationType } from '../../spec/annotations.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { relationKinds } from '../../spec/relations.ts'
import type { Entry } from '../log/log.ts'
import type { MessageLog, MessageServers } from './components.ts'
import { createLatestTargets } from './latest-targets.ts'
import { annotationOf, authorOf } from './noted.ts'
import type { Shown, States } from './states.ts'

/** What has to be looked up before events are shown. */
export interface Look {
  /** False: an event about a message that is not for clients. */
  counts(entry: Entry): boolean
  /** Of messages that arrived after what is about them: they are shown as they are now. */
  shown(entry: Entry): Shown | undefined
}

/** Nothing was looked up: events about messages do not count. */
export const noLook: Look = { counts: ({ type }) => !isAnnotationType(type), shown: () => undefined }

export interface Judge {
  /** For events in the order of arrival. Undefined: there is nothing to look up. */
  live(entries: readonly Entry[]): Promise<Look> | undefined
  /** For events that are read later, when what is about them comes as events too. */
  read(entries: readonly Entry[]): Promise<Look>
}

export const createJudge = (
  {
    log,
    servers,
    states,
  }: { readonly log: MessageLog; readonly servers: MessageServers; readonly states: Pick<States, 'of'> },
  {
    isLocal,
    isDeleted,
  }: {
    readonly isLocal: (entry: Entry) => boolean
    /** Its body is about to go. */
    readonly isDeleted: (message: Entry) => boolean
  },
): Judge => {
  const latest = createLatestTargets(log)

  const counting = async (channel: ChannelId, entries: readonly Entry[]): Promise<EventId[]> => {
    const annotated = entries.flatMap((entry) => {
      const annotation = annotationOf(entry)
      return annotation === undefined ? [] : [{ entry, annotation }]
    })
    const targets = new Set(annotated.map(({ annotation }) => annotation.target))
    const messages = new Map((await log.entries(channel, [...targets])).map((message) => [message.id, message]))
    return annotated.flatMap(({ entry, annotation }) => {
      const message = messages.get(annotation.target)
      if (message === undefined || isAnnotationType(message.type)) return []
      return countsFor(entry, message) ? [entry.id] : []
    })
  }

  const countsFor = (entry: Entry, message: Entry): boolean => {
    const isThere = message.body !== undefined && !isDeleted(message)
    const isOwn = authorOf(entry) === authorOf(message)
    switch (entry.type) {
      case 'edit':
        return isOwn && isThere
      case 'delete':
        return isOwn || servers.countsFor(entry, 'manageMessages')
      case 'pin':
      case 'unpin':
        return isThere && servers.countsFor(entry, 'manageMessages')
      default:
        return isThere
    }
  }

  const look = async (entries: readonly Entry[], late: readonly Entry[]): Promise<Look> => {
    const counted = new Set<EventId>()
    for (const [channel, some] of byChannel(entries.filter(({ type }) => isAnnotationType(type)))) {
      for (const id of await counting(channel, some)) counted.add(id)
    }
    const shown = new Map<EventId, Shown>()
    for (const [channel, messages] of byChannel(late)) {
      await latest.learn(channel)
      for (const [id, state] of await annotatedOf(channel, messages)) shown.set(id, state)
    }
    return {
      counts: ({ id, type }) => !isAnnotationType(type) || counted.has(id),
      shown: ({ id }) => shown.get(id),
    }
  }

  /** Those of the messages that something was said about before they came. */
  const annotatedOf = async (channel: ChannelId, messages: readonly Entry[]): Promise<Map<EventId, Shown>> => {
    const ids = messages.map(({ id }) => id).sort()
    const [from, to] = [ids[0], ids.at(-1)]
    if (from === undefined || to === undefined) return new Map()
    const kinds = Object.values(relationKinds)
    const found = await Promise.all(kinds.map((kind) => log.targets(channel, kind, { from, to })))
    const targets = new Set(found.flat())
    return states.of(
      channel,
      messages.filter(({ id }) => targets.has(id)),
    )
  }

  return {
    live(entries) {
      latest.committed(entries)
      const late = entries.filter((entry) => entry.type === 'msg' && !isLocal(entry) && !latest.isBefore(entry))
      const hasAnnotations = entries.some(({ type }) => isAnnotationType(type))
      return hasAnnotations || late.length > 0 ? look(entries, late) : undefined
    },
    read: (entries) => look(entries, []),
  }
}

const byChannel = (entries: readonly Entry[]): Map<ChannelId, Entry[]> => {
  const grouped = new Map<ChannelId, Entry[]>()
  for (const entry of entries) {
    const group = grouped.get(entry.channel)
    if (group === undefined) grouped.set(entry.channel, [entry])
    else group.push(entry)
  }
  return grouped
}
